import { Migration } from '@mikro-orm/migrations'

export class Operators extends Migration {
  override up(): void {
    this.addSql(`
      create table operator_account (
        name text primary key,
        salt bytea not null check (length(salt) >= 16),
        hash bytea not null check (length(hash) >= 32),
        -- What scrypt was asked for: N, r, p.
        cost integer[] not null check (array_length(cost, 1) = 3),
        created_at timestamptz not null default now(),
        password_at timestamptz not null default now(),
        disabled_at timestamptz
      );

      create table operator_session (
        id_hash bytea primary key check (length(id_hash) = 32),
        -- Who acts, as the audit names them.
        operator text not null,
        -- Null: signed in at the identity provider.
        account text references operator_account,
        created_at timestamptz not null default now(),
        seen_at timestamptz not null default now(),
        ended_at timestamptz
      );
      create index operator_session_account on operator_session (account) where ended_at is null;
      create index operator_session_created on operator_session (created_at);
    `)
  }
}
