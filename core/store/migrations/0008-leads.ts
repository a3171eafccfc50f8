import { Migration } from '@mikro-orm/migrations'

export class Leads extends Migration {
  override up(): void {
    this.addSql(`
      create table lead (
        -- The order in which leads were accepted: within a tenant also the order in which they became visible.
        position bigint generated always as identity primary key,
        tenant_id text not null references tenant,
        id uuid not null unique,
        idempotency_key text not null,
        fingerprint bytea not null,
        -- The fields, sealed; gone once the CRM has them.
        payload bytea,
        key_id text not null,
        -- Keyed hashes of whom it is about.
        subjects bytea[] not null default '{}',
        object text not null,
        provider text,
        state text not null default 'waiting' check (state in ('waiting', 'done', 'refused', 'outcome_unknown', 'erased')),
        external_id text,
        record_url text,
        error_code text,
        error_detail text,
        attempts integer not null default 0,
        next_at timestamptz,
        created_at timestamptz not null default now(),
        updated_at timestamptz not null default now(),
        unique (tenant_id, idempotency_key)
      );
      create index lead_waiting on lead (tenant_id, position) where state = 'waiting';
      create index lead_open on lead (state, position) where state not in ('done', 'erased');
      create index lead_payload_key on lead (substring(payload from 1 for 8)) where payload is not null;
      create index lead_subjects on lead using gin (subjects);

      -- Whose turn it is to deliver a tenant's leads: one holder at a time, until the lease is over.
      create table lead_delivery (
        tenant_id text primary key references tenant,
        holder uuid,
        lease_until timestamptz not null default now(),
        -- Nobody tries before.
        next_at timestamptz not null default now(),
        failures integer not null default 0,
        -- Moves with every lead that comes to wait: a holder who saw none left gives the turn up only where none came since.
        arrivals bigint not null default 0,
        is_idle boolean not null default true,
        -- What it was before the latest arrival.
        was_idle boolean not null default true
      );
      create index lead_delivery_due on lead_delivery (next_at) where not is_idle;
    `)
  }
}
