import assert from 'node:assert/strict'
import { test } from 'node:test'
import { codeItemAt } from '../../src/dex/code-item.ts'
import { classesOf } from '../../src/dex/dex-classes.ts'
import { openDexFiles } from '../../src/dex/dex-file.ts'
import { instructionsOf } from '../../src/dex/instruction.ts'
import { isInvoke } from '../../src/dex/opcodes.ts'
import { References } from '../../src/dex/references.ts'
import { fixture, fixtureNames } from './assembled.ts'

function methodsOf(name: string) {
  const [dex] = openDexFiles(fixture(name), assert.fail)
  assert.ok(dex !== undefined)
  const references = new References(dex)
  return [...classesOf(dex)]
    .flatMap(({ methods }) => methods)
    .map(({ id, code }) => {
      const item = codeItemAt(dex, code)
      assert.ok(item !== undefined)
      return { item, references, name: references.methodName(id), all: instructionsOf(dex, item) }
    })
}

test('the instructions of a method stand one behind the other, to its end or its tables', () => {
  for (const { item, name, all } of fixtureNames.flatMap(methodsOf)) {
    const last = all.at(-1)
    assert.ok(last !== undefined, name)
    for (const [index, { unit, units }] of all.entries()) {
      assert.equal(all[index + 1]?.unit ?? last.unit + units, unit + units, name)
    }
    // What stands behind is aligned, and begins as tables do.
    assert.ok(item.start + (last.unit + last.units) * 2 <= item.end, name)
  }
})

test('operands are told apart as smali wrote them', () => {
  const method = methodsOf('others').find(({ name }) => name.includes('->protocols('))
  const calls = method?.all
    .filter(({ opcode }) => isInvoke(opcode))
    .map(({ index, registers }) => [method.references.method(index).name, registers])
  assert.deepEqual(calls, [
    ['getInstance', [0]],
    ['getInstance', [0]],
    ['getInstance', [0]],
    ['setEnabledProtocols', [5, 2]],
    ['tlsVersions', [6, 2]],
  ])
  const put = method?.all.find(({ opcode }) => opcode === 0x4d)
  assert.deepEqual([put?.a, put?.b, put?.c], [1, 2, 0])
})
