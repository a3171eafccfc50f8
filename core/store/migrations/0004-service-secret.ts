import { Migration } from '@mikro-orm/migrations'

export class ServiceSecret extends Migration {
  override up(): void {
    this.addSql(`
      -- Keys that the service made for itself, sealed by the master key: what must outlive its rotation.
      create table service_secret (
        name text primary key,
        key_id text not null,
        sealed bytea not null,
        created_at timestamptz not null default now()
      );
    `)
  }
}
