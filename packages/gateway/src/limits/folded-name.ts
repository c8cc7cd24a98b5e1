/** A name of a field as the most lenient reader takes it: PHP has `a.b` and `a b` for `a_b`. */
export function foldedName(name: string): string {
  return name.trim().toLowerCase().replace(/[ .[]/g, '_')
}
