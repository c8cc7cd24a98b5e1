import assert from 'node:assert/strict'
import { globSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { test } from 'node:test'
import { parse } from 'yaml'

const root = fileURLToPath(new URL('../../../../../', import.meta.url))
const file = path.join(root, 'docs/guide/prometheus-alerts.yaml')

type Rule = {
  alert: string
  expr: string
  labels: { severity: string }
  annotations: { summary: string; action: string }
}
const { groups } = parse(readFileSync(file, 'utf8')) as {
  groups: { name: string; rules: Rule[] }[]
}
const rules = groups.flatMap((group) => group.rules)

/** As the sources name metrics: whole, or what follows `sallyport_authority_` where several are made alike. */
function namesInSources(): ReadonlySet<string> {
  const names = new Set<string>()
  for (const source of globSync('packages/{authority,gateway}/src/**/*.ts', { cwd: root })) {
    const text = readFileSync(path.join(root, source), 'utf8')
    for (const [, name = ''] of text.matchAll(/'(sallyport_[a-z_]+)'/g)) names.add(name)
    if (!text.includes('`sallyport_authority_${name}`')) continue
    for (const [, name = ''] of text.matchAll(/'([a-z]+(?:_[a-z]+)*)'/g)) {
      names.add(`sallyport_authority_${name}`)
    }
  }
  return names
}

test('each alert asks for metrics that there are, and says what to do', () => {
  const known = namesInSources()
  assert.ok(rules.length > 20)
  for (const { alert, expr, labels, annotations } of rules) {
    const asked = expr.match(/sallyport_[a-z_]+/g) ?? []
    assert.ok(asked.length > 0, alert)
    for (const name of asked) assert.ok(known.has(name), `${alert}: ${name}`)
    assert.match(labels.severity, /^(?:page|ticket)$/, alert)
    assert.ok(annotations.summary !== '' && annotations.action !== '', alert)
  }
  assert.equal(new Set(rules.map(({ alert }) => alert)).size, rules.length)
})

test('the pages name no metric that there is none of', () => {
  const known = namesInSources()
  for (const page of ['monitoring', 'production']) {
    const text = readFileSync(path.join(root, `docs/guide/${page}.md`), 'utf8')
    for (const name of text.match(/sallyport_[a-z_]+/g) ?? []) {
      assert.ok(known.has(name), `${page}: ${name}`)
    }
  }
})
