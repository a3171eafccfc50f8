import { Migration } from '@mikro-orm/migrations'

export class FirstTables extends Migration {
  override up(): void {
    this.addSql(`
      create table tenant (
        id text primary key check (id ~ '^[a-z0-9][a-z0-9_-]{0,62}$'),
        name text not null,
        region text not null,
        created_at timestamptz not null default now()
      );

      create table connection (
        id uuid primary key,
        tenant_id text not null unique references tenant,
        provider text not null,
        status text not null check (status in ('pending', 'active', 'reauth_required', 'disconnected')),
        settings jsonb not null default '{}',
        facts jsonb not null default '{}',
        on_unmapped text not null default 'refuse' check (on_unmapped in ('refuse', 'skip')),
        mapping_version integer not null default 0,
        created_at timestamptz not null default now(),
        updated_at timestamptz not null default now()
      );

      create table tenant_credentials (
        tenant_id text not null references tenant,
        provider text not null,
        key_id text not null,
        sealed bytea not null,
        token_version integer not null default 1,
        rotated_at timestamptz not null default now(),
        primary key (tenant_id, provider)
      );

      create table field_mapping (
        tenant_id text not null references tenant,
        provider text not null,
        slot text not null,
        path text not null,
        type text not null,
        options jsonb,
        primary key (tenant_id, provider, slot)
      );

      create table api_key (
        id text primary key,
        tenant_id text not null references tenant,
        prefix text not null,
        hash bytea not null unique check (length(hash) = 32),
        scopes text[] not null,
        created_at timestamptz not null default now(),
        revoked_at timestamptz
      );
      create index api_key_tenant on api_key (tenant_id);

      create table crm_operation (
        tenant_id text not null references tenant,
        idempotency_key text not null,
        fingerprint bytea not null,
        reference text not null,
        provider text not null,
        object text not null,
        conversation_id text,
        state text not null check (state in ('claimed', 'sent', 'done', 'failed', 'outcome_unknown')),
        epoch integer not null default 1,
        lease_until timestamptz not null,
        attempts integer not null default 1,
        payload bytea,
        response bytea,
        error_code text,
        created_at timestamptz not null default now(),
        updated_at timestamptz not null default now(),
        primary key (tenant_id, idempotency_key)
      );
      create index crm_operation_unsettled on crm_operation (lease_until) where state in ('claimed', 'sent');

      create table audit_log (
        seq bigint generated always as identity primary key,
        at timestamptz not null default clock_timestamp(),
        actor_type text not null check (actor_type in ('tool', 'platform_operator', 'system', 'api_key')),
        actor_id text not null,
        tenant_id text,
        action text not null,
        provider text,
        object text,
        external_id text,
        request_id text not null,
        conversation_id text,
        phase text not null check (phase in ('intent', 'outcome')),
        code text,
        fields text[],
        subject bytea,
        prev_hash bytea,
        hash bytea
      );
      create index audit_log_tenant on audit_log (tenant_id, seq);

      create function audit_log_is_append_only() returns trigger language plpgsql as $$
      begin
        raise exception 'audit_log is append-only: % refused', tg_op using errcode = 'insufficient_privilege';
      end $$;
      create trigger audit_log_no_change before update or delete on audit_log for each row execute function audit_log_is_append_only();
      create trigger audit_log_no_truncate before truncate on audit_log for each statement execute function audit_log_is_append_only();
      revoke update, delete, truncate on audit_log from public, current_user;
    `)
  }
}
