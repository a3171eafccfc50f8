import { Migration } from '@mikro-orm/migrations'

export class Processes extends Migration {
  override up(): void {
    this.addSql(`
      -- The service's processes. A row not seen lately is of one that ended without a word.
      create table service_process (
        id uuid primary key,
        label text not null,
        started_at timestamptz not null default now(),
        seen_at timestamptz not null default now(),
        -- Fingerprint of the configuration that it took its drivers from.
        config text not null,
        -- Per driver: slug, state, version.
        drivers jsonb not null,
        -- Calls under way, by provider.
        in_flight jsonb not null
      );

      -- What operators switched while the service runs, over what the config file says.
      create table provider_switch (
        provider text primary key check (provider ~ '^[a-z][a-z0-9_]{0,39}$'),
        is_on boolean not null,
        changed_by text not null,
        changed_at timestamptz not null default now()
      );
    `)
  }
}
