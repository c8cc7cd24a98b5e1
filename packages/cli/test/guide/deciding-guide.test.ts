import assert from 'node:assert/strict'
import { readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { describe, test } from 'node:test'
import { type Consideration, considerations } from '../../src/assess/considerations.ts'
import { layers } from '../../src/assess/layers.ts'
import { questionNames, questions } from '../../src/assess/questions.ts'
import { newFolder, sallyport } from '../sallyport.ts'
import { shellLines, wordsOf } from './guide.ts'

const guides = new URL('../../../../../docs/guide/', import.meta.url)
const guide = readFileSync(new URL('deciding.md', guides), 'utf8')
const rows = guide.split('\n').filter((line) => line.startsWith('| '))

function questionRow(name: (typeof questionNames)[number]): string {
  const { asks, choices, initial } = questions[name]
  const said = Object.entries(choices).map(([answer, words]) => {
    const shown = answer === initial ? `**\`${answer}\`**` : `\`${answer}\``
    return `${shown} ${words}`
  })
  return `| \`${name}\` | ${asks} | ${said.join('; ')} |`
}

const outcome: Readonly<Record<Consideration['pull']['toward'], string>> = {
  certificates: 'certificates',
  tokens: 'tokens',
  'some-routes': 'on some routes',
  'all-routes': 'on all routes',
  'own-host': 'a host of their own',
  'shadow-first': 'in shadow first',
  'certificates-in-shadow': 'certificates in shadow first',
}

function considerationRow({ when, pull, because, page }: Consideration): string {
  const said = Object.entries(when).map(([name, answers]) => `${name}: ${answers.join(', ')}`)
  const toward = 'weight' in pull ? `${outcome[pull.toward]}, ${pull.weight}` : outcome[pull.toward]
  const [file = ''] = page.split('#')
  const link = `[${file.replace('.md', '').replaceAll('-', ' ')}](${page})`
  return `| ${said.join('; ') || 'always'} | ${toward} | ${because} ${link} |`
}

const expected = [...questionNames.map(questionRow), ...considerations.map(considerationRow)]

test('the page has exactly the questions and the considerations, in their order', () => {
  assert.deepEqual(
    rows.filter((row) => !/^\| (?:answer|when|-)/.test(row)),
    expected,
  )
  assert.ok(guide.split('\n').length <= 121)
})

test('every page that considerations and layers lead to is there, and so is its heading', () => {
  for (const { page } of [...considerations, ...layers]) {
    const [file = '', anchor] = page.split('#')
    const text = readFileSync(new URL(file, guides), 'utf8')
    if (anchor === undefined) continue
    const anchors = [...text.matchAll(/^#{1,6} (.+)$/gm)].map(([, heading = '']) =>
      heading
        .toLowerCase()
        .replaceAll(/[^\p{L}\p{N}\s_-]/gu, '')
        .replaceAll(/\s/g, '-'),
    )
    assert.ok(anchors.includes(anchor), page)
  }
})

describe('the lines of the page work, one after another', { concurrency: false }, () => {
  const cwd = newFolder()
  for (const line of shellLines(guide)) {
    test(line, async () => {
      const [command = '', target] = line.split(' > ')
      const [, ...words] = wordsOf(command)
      const { code, stdout, stderr } = await sallyport(words, { cwd })
      assert.equal(code, 0, stderr)
      if (target !== undefined) writeFileSync(path.join(cwd, target), stdout)
    })
  }
})
