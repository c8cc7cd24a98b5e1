import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Prompt, askAnswers } from '../../src/assess/ask-answers.ts'
import { questionNames, questions } from '../../src/assess/questions.ts'

test('every question is asked once, in order, with its usual answer and "not sure" last', async () => {
  const asked: Prompt[] = []
  const given = await askAnswers((prompt) => {
    asked.push(prompt)
    return Promise.resolve(asked.length === 2 ? 'severe' : prompt.initialValue)
  })
  assert.deepEqual(
    asked.map(({ message }) => message.replace(/^\d+\/\d+ {2}/, '')),
    questionNames.map((name) => questions[name].asks),
  )
  for (const { options, initialValue } of asked) {
    assert.equal(options.at(-1)?.value, 'not-sure')
    assert.ok(options.some(({ value }) => value === initialValue))
  }
  assert.equal(given.situation.harm, 'severe')
  assert.equal(given.situation.audience, questions.audience.initial)
  assert.deepEqual(given.assumed, [])
  assert.ok(questionNames.length <= 10)
})

test('who stops is taken at the word', async () => {
  await assert.rejects(
    askAnswers(() => Promise.resolve(undefined)),
    { code: 'command_usage' },
  )
})
