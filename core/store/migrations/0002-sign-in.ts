import { Migration } from '@mikro-orm/migrations'

export class SignIn extends Migration {
  override up(): void {
    this.addSql(`
      alter table connection add column status_reason text, add column account text;

      -- Who renews the tokens now, until when nobody else may, and when it is due without anybody asking.
      alter table tenant_credentials
        add column refresh_claim uuid,
        add column refresh_until timestamptz,
        add column refresh_at timestamptz;
      create index tenant_credentials_due on tenant_credentials (refresh_at) where refresh_at is not null;

      create table oauth_flow (
        id uuid primary key,
        tenant_id text not null references tenant,
        provider text not null,
        state_hash bytea not null unique check (length(state_hash) = 32),
        browser_hash bytea check (length(browser_hash) = 32),
        settings jsonb not null default '{}',
        on_unmapped text check (on_unmapped in ('refuse', 'skip')),
        sealed bytea not null,
        actor_type text not null,
        actor_id text not null,
        created_at timestamptz not null default now(),
        expires_at timestamptz not null,
        used_at timestamptz,
        ended_at timestamptz,
        code text,
        detail text,
        account text,
        warning text
      );
      create index oauth_flow_tenant on oauth_flow (tenant_id);
    `)
  }
}
