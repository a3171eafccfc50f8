interface ShapeError {
  keyword: string
  instancePath: string
  message: string
}

/** TypeBox's errors by field. Where a field is not known, the field is named, and not only the object that holds it. */
export const shapeFaults = (errors: readonly ShapeError[], whole: string): { field: string; reason: string }[] =>
  errors
    .filter(({ keyword }) => keyword !== 'additionalProperties')
    .map(({ keyword, instancePath, message }) => ({
      field: instancePath.slice(1).replaceAll('/', '.') || whole,
      reason: keyword === 'boolean' ? 'is not known here' : message,
    }))
