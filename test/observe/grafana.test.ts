import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { CODES, LIMITS, OPERATION_STATES, POOL_STATES, RENEWAL_OUTCOMES } from '../../core/observe/labels.ts'
import { startService } from '../support/service.ts'
import { ROOT } from '../support/sources.ts'

interface Target {
  expr: string
  refId: string
  datasource: { type: string; uid: string }
}
interface Panel {
  id: number
  type: string
  title: string
  targets?: Target[]
  gridPos: { x: number; y: number; w: number; h: number }
}

const read = (name: string) => readFileSync(join(ROOT, 'docs/grafana', name), 'utf8')
const dashboard = JSON.parse(read('vorel.json'))
const panels = dashboard.panels as Panel[]
const targets = panels.flatMap((panel) => panel.targets ?? [])

/** Each rule's fields: one a line, as the file is written. */
const alerts = read('alerts.yaml')
  .split(/^ {6}- /m)
  .slice(1)
  .map((rule) => Object.fromEntries([...rule.matchAll(/^\s*(\w+): (\S.*)$/gm)].map(([, name, text]) => [name, text])))
const expressions = [...targets.map(({ expr }) => expr), ...alerts.map(({ expr = '' }) => expr)]

const METRIC = /\b(?:vorel|ratelimit|nodejs|process)_\w+/g

t.test('every query asks for metrics that there are', async (t) => {
  const service = await startService(t)
  const text = (await service.get('/metrics')).body as string
  const families = [...text.matchAll(/^# TYPE (\S+) (\S+)/gm)].flatMap(([, name = '', type]) =>
    type === 'histogram' ? [`${name}_bucket`, `${name}_sum`, `${name}_count`] : [name],
  )
  const asked = new Set(expressions.flatMap((expr) => expr.match(METRIC) ?? []))
  t.ok(asked.size > 20)
  t.same(
    [...asked].filter((name) => !families.includes(name)),
    [],
  )
  for (const expr of expressions) t.ok(expr.match(METRIC), expr)
})

t.test('every label value that is spelled in a query is one that metrics take', async (t) => {
  const known: Record<string, string[]> = {
    code: CODES,
    state: [...OPERATION_STATES, ...POOL_STATES],
    outcome: RENEWAL_OUTCOMES,
    limit: LIMITS,
  }
  const spelled = expressions.flatMap((expr) =>
    [...expr.matchAll(/(\w+)(?:=|!=|=~|!~)"([^"$]+)"/g)].flatMap(([, label = '', values = '']) =>
      values.split('|').map((value: string) => ({ label, value })),
    ),
  )
  t.ok(spelled.length > 5)
  t.same(
    spelled.filter(({ label, value }) => !known[label]?.includes(value)),
    [],
  )
})

t.test('the dashboard is one that Grafana imports', async (t) => {
  t.ok(dashboard.schemaVersion >= 36 && dashboard.uid && dashboard.title)
  const variables = dashboard.templating.list as { name: string; type: string; query: unknown }[]
  t.match(
    variables.find(({ name }) => name === 'datasource'),
    { type: 'datasource', query: 'prometheus' },
  )
  for (const { datasource, expr } of targets) {
    t.same(datasource, { type: 'prometheus', uid: '${datasource}' })
    const named = [...expr.matchAll(/\$(?:\{)?(\w+)/g)].map(([, name]) => name as string)
    t.ok(
      named.every((name) => name.startsWith('__') || variables.some((variable) => variable.name === name)),
      expr,
    )
  }
  t.equal(new Set(panels.map(({ id }) => id)).size, panels.length, 'ids are unique')
  const overlapping = panels.filter((one, at) => panels.slice(at + 1).some((other) => overlap(one.gridPos, other.gridPos)))
  t.same(
    overlapping.map(({ title }) => title),
    [],
  )
  t.ok(panels.every(({ gridPos: { x, w } }) => x + w <= 24))
})

t.test('every alert waits, weighs, and says what to do', async (t) => {
  t.ok(alerts.length > 8)
  for (const alert of alerts) {
    t.match(alert, { alert: /^Vorel\w+$/, for: /^\d+[mh]$/, severity: /^(page|warn)$/, summary: /^".+"$/ })
    t.match(alert.runbook, /^".{30,}\."$/, alert.alert)
  }
  t.equal(new Set(alerts.map(({ alert }) => alert)).size, alerts.length)
})

const overlap = (a: Panel['gridPos'], b: Panel['gridPos']) =>
  a.x < b.x + b.w && b.x < a.x + a.w && a.y < b.y + b.h && b.y < a.y + a.h
