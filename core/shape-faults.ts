interface ShapeError {
  keyword: string
  instancePath: string
  message: string
  params?: object
}

/** TypeBox's errors by field. A field that is missing or not known is named itself, and not only the object that should or should not hold it. */
export const shapeFaults = (errors: readonly ShapeError[], whole: string): { field: string; reason: string }[] =>
  errors.filter(({ keyword }) => keyword !== 'additionalProperties').flatMap((error) => faultsOf(error, whole))

const faultsOf = ({ keyword, instancePath, message, params = {} }: ShapeError, whole: string) => {
  const path = instancePath.split('/').slice(1)
  if (keyword === 'required' && 'requiredProperties' in params)
    return (params.requiredProperties as string[]).map((name) => ({ field: [...path, name].join('.'), reason: 'is missing' }))
  const field = path.join('.') || whole
  if (keyword === 'enum' && 'allowedValues' in params)
    return [{ field, reason: `must be one of: ${(params.allowedValues as string[]).join(', ')}` }]
  return [{ field, reason: keyword === 'boolean' ? 'is not known here' : message }]
}
