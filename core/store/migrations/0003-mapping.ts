import { Migration } from '@mikro-orm/migrations'

export class Mapping extends Migration {
  override up(): void {
    this.addSql(`
      alter table field_mapping
        add column direction text not null default 'both' check (direction in ('write', 'read', 'both')),
        add column label text;

      -- A provider's fields as it last described them.
      create table field_description (
        tenant_id text not null references tenant,
        provider text not null,
        object text not null,
        connection_id uuid not null,
        is_open boolean not null,
        fields jsonb not null,
        described_at timestamptz not null default now(),
        primary key (tenant_id, provider, object)
      );

      -- All rows of a mapping as they stood after a change.
      create table mapping_version (
        tenant_id text not null references tenant,
        provider text not null,
        version integer not null,
        rows jsonb not null,
        change text not null,
        actor_type text not null,
        actor_id text not null,
        created_at timestamptz not null default now(),
        primary key (tenant_id, provider, version)
      );

      -- What the provider changed under a mapping, and when that was last looked at.
      alter table connection
        add column drift jsonb not null default '[]',
        add column drift_checked_at timestamptz;

      -- The records that a create of several has made so far, sealed.
      alter table crm_operation add column progress bytea;
    `)
  }
}
