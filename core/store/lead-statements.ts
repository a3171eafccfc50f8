import { AUDIT_COLUMNS, auditSelect, auditUnnest } from './audit.ts'

export const leadColumns = (alias: string) =>
  [
    'position::text as position, tenant_id, id, idempotency_key, fingerprint, payload, object, provider, state, external_id',
    'record_url, error_code, error_detail, attempts, next_at, created_at, updated_at',
  ]
    .join(', ')
    .split(', ')
    .map((column) => `${alias}.${column}`)
    .join(', ')

/*
 * Planned once, perhaps on empty tables, and used for ever: see the statements of operations. A tenant's row of lead_delivery is locked before its leads are
 * given their positions, so that nobody sees a later one first. Who finds the turn free takes it.
 */
const IS_FREE = `(d.holder is null or d.lease_until < clock_timestamp()) and d.next_at <= clock_timestamp()`

export const ACCEPT = `with input as (
    select * from unnest($1::text[], $2::uuid[], $3::text[], $4::bytea[], $5::text[], $6::bytea[], $7::text[], $8::text[], ${auditUnnest(11)})
      with ordinality as i (l_tenant, l_id, l_key, l_fingerprint, l_object, l_payload, l_key_id, l_subjects, ${AUDIT_COLUMNS}, n)
  ), turns as (
    insert into lead_delivery as d (tenant_id, holder, lease_until, arrivals, is_idle, was_idle)
    select l_tenant, $9::uuid, clock_timestamp() + $10::int * interval '1 ms', count(*), false, true from input group by l_tenant order by l_tenant
    on conflict (tenant_id) do update set
      arrivals = d.arrivals + excluded.arrivals, was_idle = d.is_idle, is_idle = false,
      holder = case when ${IS_FREE} then excluded.holder else d.holder end,
      lease_until = case when ${IS_FREE} then excluded.lease_until else d.lease_until end
    returning tenant_id, holder, arrivals, was_idle
  ), accepted as (
    insert into lead (tenant_id, id, idempotency_key, fingerprint, object, payload, key_id, subjects)
    select l_tenant, l_id, l_key, l_fingerprint, l_object, l_payload, l_key_id,
      array(select decode(s, 'hex') from unnest(string_to_array(l_subjects, ' ')) s)
    from input join turns t on t.tenant_id = l_tenant order by n
    on conflict (tenant_id, idempotency_key) do nothing
    returning *
  ), audits as (
    insert into audit_log (${AUDIT_COLUMNS}) select ${auditSelect('i')} from input i join accepted a on a.id = i.l_id
  )
  select i.n, a.id is not null as is_new, t.holder, t.arrivals::text as arrivals, t.was_idle, ${leadColumns('o')}
  from input i join turns t on t.tenant_id = i.l_tenant
  left join accepted a on a.id = i.l_id
  left join lateral (
    select a.* where a.id is not null
    union all
    select r.* from lead r where r.tenant_id = i.l_tenant and r.idempotency_key = i.l_key and a.id is null
    offset 0
  ) o on true`

/** Both from one snapshot: the oldest lead that waits, and how many had come by then. */
export const NEXT = `select d.arrivals::text as arrivals, d.failures, o.id is not null as has_lead, ${leadColumns('o')},
    not exists (select from lead l where l.tenant_id = $1 and l.state = 'waiting' and l.position > o.position) as is_last
  from lead_delivery d left join lateral (
    select * from lead l where l.tenant_id = $1 and l.state = 'waiting' order by l.position limit 1
  ) o on true
  where d.tenant_id = $1 and d.holder = $2`

/** Where it was the last and none came since, the turn is given up with it. */
export const SETTLE = `with turn as (
    update lead_delivery d set failures = 0, next_at = now(), is_idle = (d.arrivals = $4::bigint) is true,
      holder = case when d.arrivals = $4::bigint then null else d.holder end,
      lease_until = case when d.arrivals = $4::bigint then now() else now() + $5::int * interval '1 ms' end
    where d.tenant_id = $1 and d.holder = $2 returning d.is_idle
  ), settled as (
    update lead l set state = $6, provider = $7, external_id = $8, record_url = $9, error_code = $10, error_detail = $11,
      payload = case when $6 = 'done' then null else l.payload end, attempts = l.attempts + 1, next_at = null, updated_at = now()
    from turn where l.tenant_id = $1 and l.id = $3 and l.state = 'waiting'
  )
  select is_idle from turn`

export const PUT_OFF = `with turn as (
    update lead_delivery d set failures = d.failures + 1, next_at = now() + $4::int * interval '1 ms', holder = null, lease_until = now(), is_idle = false
    where d.tenant_id = $1 and d.holder = $2 returning d.next_at
  )
  update lead l set attempts = l.attempts + 1, provider = coalesce($5, l.provider), error_code = $6, error_detail = $7, next_at = turn.next_at,
    updated_at = now()
  from turn where l.tenant_id = $1 and l.id = $3 and l.state = 'waiting'`

export const GIVE_UP_TURN = `update lead_delivery d set holder = null, lease_until = now(), is_idle = ($3::bigint is not null)
  where d.tenant_id = $1 and d.holder = $2 and ($3::bigint is null or d.arrivals = $3::bigint)`

export const TAKE_TURN = `update lead_delivery d set holder = $2, lease_until = clock_timestamp() + $3::int * interval '1 ms'
  where d.tenant_id = $1 and not d.is_idle and ${IS_FREE}`

export const DUE = `select d.tenant_id from lead_delivery d where not d.is_idle and ${IS_FREE} order by d.next_at limit $1`

export const NEXT_DUE = `select greatest(0, extract(epoch from
    min(greatest(d.next_at, case when d.holder is not null then d.lease_until else d.next_at end)) - clock_timestamp()) * 1000)::float8 as ms
  from lead_delivery d where not d.is_idle`
