/** The zone that the most people of a state keep; `isWhole`: all of them do. */
const STATES: Record<string, string> = {
  'America/New_York': 'CT DE DC GA ME MD MA NH NJ NY NC OH PA RI SC VT VA WV FL* IN* KY* MI*',
  'America/Chicago': 'AL AR IL IA LA MN MS MO OK WI KS* NE* ND* SD* TN* TX*',
  'America/Denver': 'CO MT NM UT WY ID*',
  'America/Phoenix': 'AZ*',
  'America/Los_Angeles': 'CA NV* WA OR*',
  'America/Anchorage': 'AK*',
  'Pacific/Honolulu': 'HI',
}

const byState = new Map(
  Object.entries(STATES).flatMap(([zone, states]) =>
    states.split(' ').map((state) => [state.replace('*', ''), { zone, isWhole: !state.endsWith('*') }] as const),
  ),
)

export const zoneOfState = (state: string): { zone: string; isWhole: boolean } | undefined =>
  byState.get(state.trim().toUpperCase())
