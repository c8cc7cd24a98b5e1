import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { describe, test } from 'node:test'
import { promisify } from 'node:util'
import { commandGroups, commands } from '../src/commands.ts'
import { assertGolden } from './golden.ts'
import { binary, sallyport } from './sallyport.ts'

describe('the command line', () => {
  test('without a command prints help on stderr, and ends with 2', async () => {
    const { code, stdout, stderr } = await sallyport([])
    assert.equal(code, 2)
    assert.equal(stdout, '')
    assert.match(stderr, /^Usage: sallyport/)
  })

  test('names the nearest command for one that is misspelt', async () => {
    const { code, stdout, stderr } = await sallyport(['devcies'])
    assert.equal(code, 2)
    assert.equal(stdout, '')
    assert.match(stderr, /Did you mean devices\?/)
  })

  test('takes a digest that begins like an option for what it is', async () => {
    const digest = `-${'kh3R5dT0l9mobF2NelMjUZs9yhoChroSDb_qa4jIJk'.slice(0, 42)}`
    const missing = ['--config', '/nowhere/sallyport.yaml']
    for (const line of [
      ['ca', 'withdraw', digest, '--yes'],
      ['ca', 'withdraw', '--yes', digest],
    ]) {
      const { code, stderr } = await sallyport([...line, ...missing])
      assert.equal(code, 3, stderr)
      assert.match(stderr, /config_unreadable/)
    }
  })

  test('refuses an option that no command knows', async () => {
    const { code, stderr } = await sallyport(['devices', 'list', '--colour'])
    assert.equal(code, 2)
    assert.match(stderr, /unknown option '--colour'/)
  })

  test('refuses a value out of range with what it takes', async () => {
    const { code, stderr } = await sallyport(['dev', '--port', '70000'])
    assert.equal(code, 2)
    assert.match(stderr, /expected {2}1 to 65535\n {2}found {5}70000/)
  })

  test('tells problems as JSON where --json was given, on stderr', async () => {
    const { code, stdout, stderr } = await sallyport([
      'devices',
      'list',
      '--json',
      '--config',
      '/no',
    ])
    assert.equal(code, 3)
    assert.equal(stdout, '')
    assert.equal((JSON.parse(stderr) as { code: string }).code, 'config_unreadable')
  })

  test('says where it looked for a configuration file', async () => {
    const { code, stderr } = await sallyport(['devices', 'list'], { cwd: '/' })
    assert.equal(code, 3)
    assert.match(stderr, /sallyport\.yaml, or \.sallyport\/dev\/sallyport\.yaml/)
  })

  test('stops quietly when nobody reads on', async () => {
    const line = `"${process.execPath}" "${binary}" config schema | head -c 10`
    const { stdout, stderr } = await promisify(execFile)('sh', ['-c', line])
    assert.equal(stdout.length, 10)
    assert.equal(stderr, '')
  })
})

describe('the table of commands', () => {
  test('has a summary for every group, and none for a group that is not there', () => {
    const groups = commands.flatMap(({ name }) => {
      const words = name.split(' ').slice(0, -1)
      return words.map((_word, depth) => words.slice(0, depth + 1).join(' '))
    })
    assert.deepEqual(new Set(Object.keys(commandGroups)), new Set(groups))
  })

  test('has an example for every command', () => {
    for (const { name, examples } of commands) assert.ok(examples.length > 0, name)
  })

  test('loads an operation for every command', async () => {
    for (const { load } of commands) assert.equal(typeof (await load()), 'function')
  })

  test('gives this help', async () => {
    const main = await sallyport(['--help'])
    const pages = [main.stdout]
    for (const { name } of commands) {
      const { code, stdout } = await sallyport([...name.split(' '), '--help'])
      assert.equal(code, 0)
      pages.push(stdout)
    }
    assertGolden('help.txt', pages.join(`${'='.repeat(80)}\n`))
  })
})
