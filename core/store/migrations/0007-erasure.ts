import { Migration } from '@mikro-orm/migrations'

export class Erasure extends Migration {
  override up(): void {
    this.addSql(`
      -- Keyed hashes of whom a create was about. A short list of what is not sorted in yet: no create pays for many others.
      alter table crm_operation
        add column subjects bytea[] not null default '{}',
        drop constraint crm_operation_state_check,
        add constraint crm_operation_state_check check (state in ('claimed', 'sent', 'done', 'failed', 'outcome_unknown', 'erased'));
      create index crm_operation_subjects on crm_operation using gin (subjects) with (gin_pending_list_limit = 256);

      create table erasure (
        id uuid primary key,
        tenant_id text not null references tenant,
        -- Keyed hashes of the keys given: what stays.
        subjects bytea[] not null,
        keys_given text[] not null,
        key_id text,
        -- The keys themselves, sealed; null once all is settled.
        keys bytea,
        state text not null default 'requested' check (state in ('requested', 'scrubbed', 'deleting', 'waiting', 'done')),
        -- How many rows were scrubbed, by table.
        scrubbed jsonb not null default '{}',
        -- Whoever takes it moves both: nobody else takes it before, and what was taken over is no longer written.
        epoch integer not null default 0,
        next_at timestamptz not null default now(),
        attempts integer not null default 0,
        certificate jsonb,
        actor_type text not null,
        actor_id text not null,
        created_at timestamptz not null default now(),
        completed_at timestamptz
      );
      create unique index erasure_open on erasure (tenant_id, subjects) where state <> 'done';
      create index erasure_tenant on erasure (tenant_id, created_at);
      create index erasure_due on erasure (next_at) where state in ('requested', 'scrubbed', 'deleting');

      create table erasure_target (
        tenant_id text not null references tenant,
        erasure_id uuid not null references erasure,
        n integer not null,
        provider text not null,
        object text not null,
        -- Keyed hash of the record's id, and of whom it was about when it was made.
        subject bytea not null,
        subjects bytea[] not null default '{}',
        key_id text,
        -- The record's id, sealed; null once it is settled, or where no record is known.
        external_id bytea,
        state text not null default 'pending'
          check (state in ('pending', 'deleted', 'already_absent', 'manual_required', 'failed')),
        is_hard_deleted boolean,
        -- Why a person has to look: an error's code, and the driver's sentence.
        reason text,
        detail text,
        attempts integer not null default 0,
        next_at timestamptz not null default now(),
        -- Set before the provider is asked: what is gone after that is gone by us.
        sent_at timestamptz,
        resolved_by text,
        updated_at timestamptz not null default now(),
        primary key (erasure_id, n),
        unique (erasure_id, provider, object, subject)
      );
      create index erasure_target_waiting on erasure_target (erasure_id) where state in ('manual_required', 'failed');

      create index erasure_keys_key on erasure (substring(keys from 1 for 8)) where keys is not null;
      create index erasure_target_external_id_key on erasure_target (substring(external_id from 1 for 8)) where external_id is not null;
    `)
  }
}
