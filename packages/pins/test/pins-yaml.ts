/** 2026-11-22T12:00:00Z. */
export const now = Date.UTC(2026, 10, 22, 12)

/** A pin of nothing, by number. */
export function pin(number: number): string {
  return Buffer.alloc(32, number).toString('base64')
}

/** A file with these hosts, indented by two. */
export function pinsYaml(hosts: string): string {
  return `version: 1\nhosts:\n${hosts}`
}
