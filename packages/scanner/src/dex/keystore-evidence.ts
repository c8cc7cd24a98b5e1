import type { Facts } from '../facts.ts'
import type { Finding } from '../finding.ts'
import type { KeystoreUse } from './code-facts.ts'
import { textsOfResources } from './keystore-hints.ts'

/** Findings that lie in files which code may open. */
const rules: ReadonlySet<Finding['rule']> = new Set([
  'client-identity',
  'private-key',
  'locked-keystore',
])

/** Adds which code opens the file that a finding is in, where a method that opens keystores names it. */
export function withKeystoreUse(
  finding: Finding,
  facts: Pick<Facts, 'keystoreUses' | 'resourceTables'>,
): Finding {
  if (!rules.has(finding.rule) || facts.keystoreUses.length === 0) return finding
  const names = new Set(finding.locations.flatMap(({ path }) => namesOfFile(path)))
  const use = facts.keystoreUses.find((each) => namesAny(each, names, facts))
  if (use === undefined) return finding
  const method = sourceName(use.method)
  return {
    ...finding,
    detail: `${finding.detail} The app opens it in ${method}.`,
    facts: { ...finding.facts, usedBy: method },
  }
}

/** How code may call a file: by its path in the package, below assets, or by its name. */
function namesOfFile(path: string): string[] {
  const inner = path.split('!/').at(-1) ?? path
  return [inner, inner.replace(/^(.*\/)?assets\//, ''), inner.split('/').at(-1) ?? inner]
}

function namesAny(
  use: KeystoreUse,
  names: ReadonlySet<string>,
  { resourceTables }: Pick<Facts, 'resourceTables'>,
): boolean {
  const known = [...use.strings, ...textsOfResources(use, resourceTables)]
  return known.some((text) => names.has(text.replace(/^file:\/\/\/android_asset\//, '')))
}

/** `Lcom/bank/Tls;->open(…)V` → `com.bank.Tls.open` */
function sourceName(method: string): string {
  const name = method.slice(0, method.indexOf('('))
  return name.replace(/^L/, '').replace(';->', '.').replaceAll('/', '.')
}
