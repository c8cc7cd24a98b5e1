import { stringify } from 'yaml'

/** A text as YAML, on one line: in quotes where it would be read as something else (`null`, `1e5`, `1.5`). */
export function yamlText(text: string): string {
  return stringify(text, { lineWidth: 0, blockQuote: false }).trimEnd()
}
