import { AUDIT_COLUMNS, auditSelect, auditUnnest } from './audit.ts'

export const columns = (
  alias: string,
) => `${alias}.tenant_id, ${alias}.idempotency_key, ${alias}.fingerprint, ${alias}.reference, ${alias}.provider,
  ${alias}.object, ${alias}.conversation_id, ${alias}.state, ${alias}.epoch, ${alias}.attempts,
  greatest(0, ceil(extract(epoch from ${alias}.lease_until - now())))::int as lease_seconds,
  ${alias}.payload, ${alias}.progress, ${alias}.response, ${alias}.error_code, ${alias}.created_at, ${alias}.updated_at`

/** A bytea[] as a text: arrays of arrays must be of one length. */
export const arrayText = (hashes: readonly Buffer[]): string =>
  `{${hashes.map((hash) => `"\\\\x${hash.toString('hex')}"`).join(',')}}`

/*
 * These statements are planned once per connection, perhaps while the table is empty, and used for ever. Each subquery of one row's key
 * (`lateral`, with `offset 0` or `for update`) leaves the planner the primary key and no other way: else it keeps reading the whole table.
 */
export const CLAIM = `with input as (
    select * from unnest($1::text[], $2::text[], $3::bytea[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[], $9::int[], $10::bytea[], $11::text[], ${auditUnnest(12)})
      with ordinality as i (op_tenant, op_key, op_fingerprint, op_reference, op_provider, op_object, op_conversation, op_state, op_lease, op_payload, op_subjects,
        ${AUDIT_COLUMNS}, n)
  ), claimed as (
    insert into crm_operation as o (tenant_id, idempotency_key, fingerprint, reference, provider, object, conversation_id, state, lease_until, payload, subjects)
    select op_tenant, op_key, op_fingerprint, op_reference, op_provider, op_object, op_conversation, op_state, now() + op_lease * interval '1 ms', op_payload, op_subjects::bytea[]
    from input order by op_tenant, op_key
    on conflict (tenant_id, idempotency_key) do update set
      fingerprint = excluded.fingerprint, reference = excluded.reference, provider = excluded.provider, object = excluded.object,
      conversation_id = excluded.conversation_id, state = excluded.state, epoch = o.epoch + 1, attempts = 1, lease_until = excluded.lease_until,
      payload = excluded.payload, subjects = excluded.subjects, response = null, error_code = null, updated_at = now(),
      progress = case when o.provider = excluded.provider then o.progress end
    where o.state = 'failed' or (o.state = 'claimed' and o.lease_until < now())
    returning tenant_id, idempotency_key, epoch, progress
  ), intents as (
    insert into audit_log (${AUDIT_COLUMNS})
    select ${auditSelect('i')} from input i join claimed c on c.tenant_id = i.op_tenant and c.idempotency_key = i.op_key
  )
  select i.n, c.epoch as claimed_epoch, c.progress as claimed_progress, ${columns('o')}
  from input i
  left join claimed c on c.tenant_id = i.op_tenant and c.idempotency_key = i.op_key
  left join lateral (
    select * from crm_operation r where r.tenant_id = i.op_tenant and r.idempotency_key = i.op_key and c.epoch is null offset 0
  ) o on true`

/** Rows are locked in the order in which claims lock them: else a finish and a repeated claim of the same keys would block one another. */
export const FINISH = `with input as (
    select * from unnest($1::text[], $2::text[], $3::int[], $4::text[], $5::int[], $6::bytea[], $7::text[], $8::text[], ${auditUnnest(9)})
      with ordinality as i (op_tenant, op_key, op_epoch, op_state, op_lease, op_response, op_error, op_subjects, ${AUDIT_COLUMNS}, n)
  ), locked as (
    select i.*, o.at_row from (select * from input order by op_tenant, op_key) i cross join lateral (
      select r.ctid as at_row from crm_operation r
      where r.tenant_id = i.op_tenant and r.idempotency_key = i.op_key and r.epoch = i.op_epoch and r.state not in ('done', 'failed', 'outcome_unknown', 'erased')
      for update
    ) o
  ), finished as (
    update crm_operation o set state = i.op_state, response = i.op_response, error_code = i.op_error, updated_at = now(),
      payload = case when i.op_state = 'sent' then o.payload end,
      progress = case when i.op_state <> 'done' then o.progress end,
      subjects = o.subjects || i.op_subjects::bytea[],
      lease_until = now() + i.op_lease * interval '1 ms'
    from locked i where o.ctid = i.at_row
    returning o.tenant_id, o.idempotency_key
  ), outcomes as (
    insert into audit_log (${AUDIT_COLUMNS}) select ${auditSelect('i')} from input i
  )
  select i.n, f.tenant_id is not null as is_ours
  from input i left join finished f on f.tenant_id = i.op_tenant and f.idempotency_key = i.op_key`

export const TAKE_OVER = `update crm_operation o set epoch = o.epoch + 1, attempts = o.attempts + 1, lease_until = now() + $3 * interval '1 ms', updated_at = now()
  where o.tenant_id = $1 and o.idempotency_key = $2 and o.state in ('claimed', 'sent') and o.lease_until < now()
  returning ${columns('o')}`
