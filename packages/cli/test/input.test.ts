import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { choiceOption, isGiven, numberOption, textOption } from '../src/input.ts'

const input = { arguments: [], options: { maxPerHour: '20', failOn: 'sometimes', yes: true } }
const range = { least: 1, most: 10 }

describe('options of a command', () => {
  it('are found by their names in camelCase, and by no other', () => {
    assert.equal(textOption(input, 'maxPerHour'), '20')
    assert.equal(isGiven(input, 'yes'), true)
    assert.equal(isGiven(input, 'no'), false)
    assert.throws(() => textOption(input, 'max-per-hour'), /not in camelCase/)
  })

  it('are told of as they are typed', () => {
    const choices = ['always', 'never']
    assert.throws(() => numberOption(input, 'maxPerHour', range), {
      message: /--max-per-hour must be a whole number/,
    })
    assert.throws(() => choiceOption(input, 'failOn', choices), { message: /--fail-on has/ })
  })
})
