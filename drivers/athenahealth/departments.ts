import Type from 'typebox'
import type { Ctx } from './manifest.ts'
import { Id } from './map.ts'

const Department = Type.Object({
  departmentid: Id,
  name: Type.Optional(Type.String()),
  timezonename: Type.Optional(Type.Union([Type.String(), Type.Null()])),
  providergroupid: Type.Optional(Type.Union([Type.String(), Type.Number()])),
})
const Departments = Type.Object({ departments: Type.Array(Department) })

export interface DepartmentInfo {
  id: string
  name: string
  group: string
  zone: string
}

/** Some patients came in by an import that named none. */
export const WITHOUT_DEPARTMENT = '-1'

export const readDepartments = async ({ http }: Ctx): Promise<DepartmentInfo[]> => {
  const { departments } = await http.get('/departments', Departments, { showalldepartments: true })
  return departments.map(({ departmentid, name = '', providergroupid = '', timezonename }) => ({
    id: String(departmentid),
    name,
    group: String(providergroupid),
    zone: timezonename ?? '',
  }))
}

/** What later calls need of them, as facts. */
export const factsOf = (departments: DepartmentInfo[]): Record<string, string> => ({
  departments: departments.map(({ id }) => id).join(','),
  provider_groups: String(new Set(departments.map(({ group }) => group)).size),
})

export const departmentsOf = async (ctx: Ctx): Promise<string[]> =>
  ctx.facts.departments?.split(',') ?? (await readDepartments(ctx)).map(({ id }) => id)

/** With several groups of providers a patient's id is a group's own, and a department says which group is meant. */
export const scopeOf = <N extends string>({ facts, settings }: Ctx, name: N): Partial<Record<N, string>> =>
  Number(facts.provider_groups ?? 1) > 1 ? ({ [name]: settings.department_id } as Record<N, string>) : {}
