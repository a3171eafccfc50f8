import { Migration } from '@mikro-orm/migrations'

export class CallStatTable extends Migration {
  override up(): void {
    this.addSql(`
      -- Calls of a tenant within five minutes, added up over all processes; kept for days, for a chart.
      create table call_stat (
        tenant_id text not null references tenant,
        slot timestamptz not null,
        provider text not null,
        calls integer not null,
        errors integer not null,
        ms_sum float8 not null,
        ms_max float8 not null,
        -- Calls by how long they took: bounds are the service's own.
        buckets integer[] not null,
        primary key (tenant_id, slot, provider)
      );
      create index call_stat_slot on call_stat (slot);

      -- Few, and counted every few seconds.
      create index crm_operation_unknown on crm_operation (tenant_id) where state = 'outcome_unknown';
    `)
  }
}
