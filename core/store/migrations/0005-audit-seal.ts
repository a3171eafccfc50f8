import { Migration } from '@mikro-orm/migrations'

export class AuditSeal extends Migration {
  override up(): void {
    this.addSql(`
      alter table audit_log drop column prev_hash, drop column hash, drop column subject;

      create or replace function audit_log_is_append_only() returns trigger language plpgsql as $$
      begin
        raise exception '% is append-only: % refused', tg_table_name, tg_op using errcode = 'insufficient_privilege';
      end $$;

      -- Seals over batches of audit_log, each over the one before it.
      create table audit_seal (
        id bigint primary key check (id > 0),
        at timestamptz not null,
        -- The rows of audit_log, ascending, and 32 bytes for each.
        seqs bigint[] not null check (cardinality(seqs) > 0),
        marks bytea not null check (length(marks) = 32 * cardinality(seqs)),
        prev bytea not null check (length(prev) = 32),
        hash bytea not null check (length(hash) = 32),
        key_id text not null,
        signature bytea not null
      );
      create index audit_seal_last_seq on audit_seal ((seqs[cardinality(seqs)]));
      create trigger audit_seal_no_change before update or delete on audit_seal for each row execute function audit_log_is_append_only();
      create trigger audit_seal_no_truncate before truncate on audit_seal for each statement execute function audit_log_is_append_only();
      revoke update, delete, truncate on audit_seal from public, current_user;
    `)
  }
}
