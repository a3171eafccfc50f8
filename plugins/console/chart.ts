import type { CallStatPoint } from '../../core/observe/call-stats.ts'
import { type Html, html } from './html.ts'
import { table } from './parts.ts'

const WIDTH = 720
const HEIGHT = 180
const PLOT_TOP = 12
const PLOT_BOTTOM = 156
const POINTS_PER_BAR = 6

/** Half an hour of calls. */
interface Bar {
  from: string
  calls: number
  errors: number
  p95Ms: number | null
}

const barsOf = (points: CallStatPoint[]): Bar[] =>
  Array.from({ length: Math.ceil(points.length / POINTS_PER_BAR) }, (_, index) => {
    const of = points.slice(index * POINTS_PER_BAR, (index + 1) * POINTS_PER_BAR)
    const slow = of.flatMap(({ p95Ms }) => (p95Ms === null ? [] : [p95Ms]))
    const sum = (pick: (point: CallStatPoint) => number) => of.reduce((total, point) => total + pick(point), 0)
    return {
      from: of[0]?.from ?? '',
      calls: sum(({ calls }) => calls),
      errors: sum(({ errors }) => errors),
      p95Ms: slow.length ? Math.max(...slow) : null,
    }
  })

/** Calls, errors and the slowest twentieth, as a picture and as a table. */
export const callChart = (points: CallStatPoint[]): Html => {
  const bars = barsOf(points)
  const calls = bars.reduce((total, bar) => total + bar.calls, 0)
  const errors = bars.reduce((total, bar) => total + bar.errors, 0)
  if (calls === 0) return html`<p class="empty">No calls in the last 24 hours.</p>`
  const said = `${calls} calls, ${errors} of them failed.`
  return html`<figure class="card">
<ul class="legend"><li>Calls</li><li class="errors">Errors</li><li class="latency">95 of 100 answered within</li></ul>
<div class="picture" role="region" aria-label="Chart" tabindex="0">!${picture(bars, said)}</div>
<figcaption class="muted">${said} Each bar is half an hour.</figcaption>
<details><summary>The same as a table</summary>!${asTable(bars)}</details>
</figure>`
}

const picture = (bars: Bar[], said: string): Html => {
  const most = Math.max(1, ...bars.map((bar) => bar.calls))
  const slowest = Math.max(1, ...bars.map((bar) => bar.p95Ms ?? 0))
  const step = WIDTH / bars.length
  const high = (value: number, max: number) => ((PLOT_BOTTOM - PLOT_TOP) * value) / max
  const rect = (kind: string, value: number, index: number) =>
    value === 0
      ? ''
      : html`<rect class="${kind}" x="${(index * step + 1).toFixed(1)}" y="${(PLOT_BOTTOM - high(value, most)).toFixed(1)}" width="${(step - 2).toFixed(1)}" height="${high(value, most).toFixed(1)}"/>`
  const line = bars.flatMap(({ p95Ms }, index) =>
    p95Ms === null ? [] : [`${((index + 0.5) * step).toFixed(1)},${(PLOT_BOTTOM - high(p95Ms, slowest)).toFixed(1)}`],
  )
  const hours = bars.flatMap(({ from }, index) => (index % 8 === 0 ? [{ at: index * step, text: from.slice(11, 16) }] : []))
  return html`<svg class="chart" viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-labelledby="chart-title chart-desc">
<title id="chart-title">Calls of the last 24 hours</title>
<desc id="chart-desc">${said} The most in half an hour: ${most}. The slowest: ${slowest} ms.</desc>
<line class="axis" x1="0" x2="${WIDTH}" y1="${PLOT_BOTTOM}" y2="${PLOT_BOTTOM}"/>
!${bars.map(({ calls }, index) => rect('calls', calls, index))}
!${bars.map(({ errors }, index) => rect('errors', errors, index))}
<polyline class="latency" points="${line.join(' ')}"/>
!${hours.map(({ at, text }) => html`<text x="${at.toFixed(1)}" y="${HEIGHT - 8}">${text}</text>`)}
<text x="${WIDTH}" y="10" text-anchor="end">${most} calls · ${slowest} ms</text>
</svg>`
}

const asTable = (bars: Bar[]): Html =>
  table({
    caption: 'Calls of the last 24 hours',
    columns: ['From (UTC)', 'Calls', 'Errors', '95 of 100 within'],
    rows: bars
      .filter(({ calls }) => calls > 0)
      .map(({ from, calls, errors, p95Ms }) => [
        html`${from.slice(0, 16).replace('T', ' ')}`,
        html`${calls}`,
        html`${errors}`,
        html`${p95Ms === null ? '–' : `${p95Ms} ms`}`,
      ]),
    empty: 'No calls.',
  })
