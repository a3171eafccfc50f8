/** How many values of each type a test of conversions sends out and back; `npm run test:values` sends 10,000. */
export const VALUES = Number(process.env.VOREL_VALUES ?? 1_000)
