import { Migration } from '@mikro-orm/migrations'

export class Vault extends Migration {
  override up(): void {
    this.addSql(`
      -- Which keys are in use, and how many values each has sealed: a value begins with its key's id.
      create index tenant_credentials_sealed_key on tenant_credentials (substring(sealed from 1 for 8));
      create index oauth_flow_sealed_key on oauth_flow (substring(sealed from 1 for 8));
      create index crm_operation_payload_key on crm_operation (substring(payload from 1 for 8)) where payload is not null;
      create index crm_operation_progress_key on crm_operation (substring(progress from 1 for 8)) where progress is not null;
      create index crm_operation_response_key on crm_operation (substring(response from 1 for 8)) where response is not null;
    `)
  }
}
