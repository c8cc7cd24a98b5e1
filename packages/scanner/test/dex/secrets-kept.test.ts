import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { SeenCall } from '../../src/dex/shapes/call-shape.ts'
import { secretInLog } from '../../src/dex/shapes/secrets-kept.ts'
import type { Value } from '../../src/dex/values.ts'
import { collector } from '../collect.ts'

const logged: Value = { kind: 'made', by: 'Lcom/bank/A;->read', of: [] }
const standard: Value = { kind: 'field', owner: 'Ljava/lang/System;', name: 'out' }
const ofAFile: Value = { kind: 'made', by: 'Ljava/io/PrintStream;-><init>', of: [] }

/** Names that are told of `println(words + value)`. */
function told(words: string, owner: string, receiver?: Value, value: Value = logged): string[] {
  const parts: Value[] = [{ kind: 'text', text: words, at: 0 }, value]
  const message: Value = { kind: 'joined', parts, count: parts.length }
  const method = { owner, name: 'println', signature: '', by: `${owner}->println` }
  const { facts, sink } = collector()
  const call = { method, passed: receiver ? [receiver, message] : [message], at: 0 }
  const where = { caller: 'Lcom/bank/A;', within: 'Lcom/bank/A;->a()V', path: 'classes.dex' }
  secretInLog.look({ ...call, ...where } as unknown as SeenCall, sink)
  return facts.codeShapes.map(({ subject }) => subject)
}

test('what is printed to System.out is in the log', () => {
  assert.deepEqual(told('new password: ', 'Ljava/io/PrintStream;', standard), ['new password'])
  assert.deepEqual(told('new password: ', 'Landroid/util/Log;'), ['new password'])
})

test('what is printed to a file or a connection is not', () => {
  assert.deepEqual(told('password: ', 'Ljava/io/PrintStream;', ofAFile), [])
  assert.deepEqual(told('password: ', 'Ljava/io/PrintStream;'), [])
})

test('words before the value may end in "is" and a colon', () => {
  for (const words of [' password is: ', 'The password is ', 'password = ']) {
    assert.equal(told(words, 'Landroid/util/Log;').length, 1, words)
  }
  for (const words of ['Password analysis: ', 'password missing: ', 'password']) {
    assert.deepEqual(told(words, 'Landroid/util/Log;'), [], words)
  }
})

test('a value that is itself joined counts where it is more than constants', () => {
  const joined = (...parts: Value[]): Value => ({ kind: 'joined', parts, count: parts.length })
  const constant: Value = { kind: 'text', text: 'none', at: 0 }
  const log = 'Landroid/util/Log;'
  assert.deepEqual(told('password: ', log, undefined, joined(constant, logged)), ['password'])
  assert.deepEqual(told('password: ', log, undefined, joined(constant, constant)), [])
})
