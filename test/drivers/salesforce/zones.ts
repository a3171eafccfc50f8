const ZONES = ['UTC', 'Pacific/Kiritimati', 'Pacific/Pago_Pago', 'Asia/Kolkata', 'America/St_Johns', 'America/New_York']

/** What is checked holds wherever the machine stands. */
export const inEveryZone = (check: (zone: string) => void): void => {
  const before = process.env.TZ
  try {
    for (const zone of ZONES) {
      process.env.TZ = zone
      check(zone)
    }
  } finally {
    if (before === undefined) delete process.env.TZ
    else process.env.TZ = before
  }
}
