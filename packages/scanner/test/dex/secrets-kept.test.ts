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

const typed: Value = {
  kind: 'made',
  by: 'Ljava/lang/Object;->toString',
  of: [{ kind: 'made', by: 'Landroid/widget/EditText;->getText', of: [undefined] }],
}

test('words of a failure are left alone, unless what a user typed follows them', () => {
  const words = 'Error while processing transaction with credit card: '
  const log = 'Landroid/util/Log;'
  assert.deepEqual(told(words, log), [])
  assert.deepEqual(told(words, log, undefined, typed), ['credit card'])
})

/** Names that are told of `Log.d(tag, value)`. */
function tagged(tag: string, value: Value | undefined): string[] {
  const { facts, sink } = collector()
  const owner = 'Landroid/util/Log;'
  const method = { owner, name: 'd', signature: '', by: `${owner}->d` }
  const call = { method, passed: [{ kind: 'text', text: tag, at: 0 }, value], at: 0 }
  const where = { caller: 'Lcom/bank/A;', within: 'Lcom/bank/A;->a()V', path: 'classes.dex' }
  secretInLog.look({ ...call, ...where } as unknown as SeenCall, sink)
  return facts.codeShapes.map(({ subject }) => subject)
}

test('a tag that names the secret tells what the message is', () => {
  assert.deepEqual(tagged('password', typed), ['password'])
  assert.deepEqual(tagged('accesstoken', logged), ['accesstoken'])
  assert.deepEqual(tagged('token', { kind: 'field', owner: 'Lcom/bank/A;', name: 'a' }), ['token'])
})

test('a tag that names a class, a message of words, and the reason of a failure tell nothing', () => {
  const words: Value = { kind: 'text', text: 'expired', at: 0 }
  assert.deepEqual(tagged('LoginActivity', typed), [])
  assert.deepEqual(tagged('AccessToken', logged), [])
  assert.deepEqual(tagged('password', words), [])
  assert.deepEqual(tagged('password', { kind: 'joined', parts: [words, logged], count: 2 }), [])
  assert.deepEqual(tagged('password', undefined), [])
  for (const by of ['Ljava/io/IOException;->getMessage', 'Ljava/lang/Exception;->toString']) {
    assert.deepEqual(tagged('token', { kind: 'made', by, of: [] }), [], by)
  }
})

test('a value that is itself joined counts where it is more than constants', () => {
  const joined = (...parts: Value[]): Value => ({ kind: 'joined', parts, count: parts.length })
  const constant: Value = { kind: 'text', text: 'none', at: 0 }
  const log = 'Landroid/util/Log;'
  assert.deepEqual(told('password: ', log, undefined, joined(constant, logged)), ['password'])
  assert.deepEqual(told('password: ', log, undefined, joined(constant, constant)), [])
})
