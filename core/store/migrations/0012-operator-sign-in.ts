import { Migration } from '@mikro-orm/migrations'

export class OperatorSignIn extends Migration {
  override up(): void {
    this.addSql(`
      -- Sign-ins at the operators' identity provider.
      create table operator_sign_in (
        state_hash bytea primary key check (length(state_hash) = 32),
        -- Of the console's cookie: no other browser finishes it.
        browser_hash bytea not null check (length(browser_hash) = 32),
        -- The console's page that comes after.
        return_to text not null,
        created_at timestamptz not null default now(),
        used_at timestamptz
      );
      create index operator_sign_in_created on operator_sign_in (created_at);
    `)
  }
}
