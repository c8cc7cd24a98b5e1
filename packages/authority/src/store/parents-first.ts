import type { TableShape } from './engine.ts'

/** A table, and those that it refers to. */
export type ReferringTable = TableShape & { readonly parents: readonly string[] }

/** In an order in which every table comes after those that it refers to; else by name. */
export function parentsFirst(tables: readonly ReferringTable[]): TableShape[] {
  const waiting = new Map(
    tables.toSorted((a, b) => (a.name < b.name ? -1 : 1)).map((table) => [table.name, table]),
  )
  const ordered: TableShape[] = []
  const take = ({ name, columns, parents }: ReferringTable) => {
    if (!waiting.delete(name)) return
    for (const parent of parents) {
      const table = waiting.get(parent)
      if (table !== undefined) take(table)
    }
    ordered.push({ name, columns })
  }
  for (const table of Array.from(waiting.values())) take(table)
  return ordered
}

/** Groups columns by their tables. */
export function shapesOf(
  columns: readonly { table: string; column: string }[],
  references: readonly { table: string; parent: string }[],
): TableShape[] {
  const shapes = new Map<string, { name: string; columns: string[]; parents: string[] }>()
  for (const { table, column } of columns) {
    const shape = shapes.get(table) ?? { name: table, columns: [], parents: [] }
    shapes.set(table, shape)
    shape.columns.push(column)
  }
  for (const { table, parent } of references) shapes.get(table)?.parents.push(parent)
  return parentsFirst([...shapes.values()])
}
