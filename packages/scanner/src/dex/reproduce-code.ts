import { basename } from 'node:path/posix'
import type { Location } from '../finding.ts'
import { entryLines, quoted } from '../reproduce/entry-lines.ts'

/** `Lcom/bank/Tls$1;->verify(…)Z`, as shapes of code say where they are. */
const method = /^L([^;]+);->([^(]+)\(/

/**
 * Lines that show the code of a finding: DEX by baksmali, class files by javap. Empty where the place names no class,
 * or one whose name is none that Java could give it.
 */
export function codeLines({ path, within = '' }: Location): string[] {
  const [, name = '', member = ''] = method.exec(within) ?? []
  // What a shell or a pattern takes otherwise than it stands there is no name that javac or Kotlin makes.
  if (!/^[\p{L}\p{N}_$/-]+$/u.test(name) || !/^[\p{L}\p{N}_$<>-]+$/u.test(member)) return []
  if (path.endsWith('.class')) {
    const file = basename(name)
    return [
      ...entryLines(path, `> ${quoted(`${file}.class`)}`),
      `javap -p -c ${quoted(`${file}.class`)}`,
    ]
  }
  return [
    ...entryLines(path, '> found'),
    `baksmali disassemble --classes ${quoted(`L${name};`)} found -o code`,
    `grep -n -A 40 ${quoted(`^\\.method.* ${member.replaceAll('$', '\\$')}(`)} ${quoted(`code/${name}.smali`)}`,
  ]
}
