import assert from 'node:assert/strict'
import { existsSync, globSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { test } from 'node:test'

const root = fileURLToPath(new URL('../../../../../', import.meta.url))

/** The anchors of a page: its headings as they are linked to, in lower case with dashes for spaces. */
function anchorsOf(page: string): Set<string> {
  const headings = readFileSync(page, 'utf8').matchAll(/^#{1,6} (.+)$/gm)
  return new Set(
    [...headings].map(([, heading = '']) =>
      heading
        .toLowerCase()
        .replaceAll(/[^\p{L}\p{N}\s_-]/gu, '')
        .replaceAll(/\s/g, '-'),
    ),
  )
}

test('every link between pages leads to one, and to a heading that it has', () => {
  const pages = globSync(['*.md', 'docs/**/*.md', 'packages/*/*.md', 'bench/*.md'], { cwd: root })
  let links = 0
  for (const page of pages) {
    const text = readFileSync(path.join(root, page), 'utf8').replaceAll(/^ *```.*?^ *```/gms, '')
    for (const [, link = ''] of text.matchAll(/\]\(([^)\s]+)\)/g)) {
      if (/^[a-z]+:/.test(link)) continue
      links++
      const [file = '', anchor] = link.split('#')
      const target = file === '' ? path.join(root, page) : path.join(root, path.dirname(page), file)
      assert.ok(existsSync(target), `${page}: ${link}`)
      if (anchor !== undefined) assert.ok(anchorsOf(target).has(anchor), `${page}: ${link}`)
    }
  }
  assert.ok(links > 50)
})

test('the index of pages has every one', () => {
  const docs = path.join(root, 'docs')
  const index = readFileSync(path.join(docs, 'README.md'), 'utf8')
  for (const page of globSync('**/*.md', { cwd: docs }).filter((page) => page !== 'README.md')) {
    assert.ok(index.includes(`](${page})`), page)
  }
})
