import type { PinnedHost } from '../pins-file.ts'
import type { SubdomainDepth } from '../pins-schema.ts'
import { originOf, pinComment } from './generated-text.ts'
import type { Target } from './target.ts'

/**
 * OkHttp's CertificatePinner, in Java, which Kotlin calls as well. `*.` is one label without the name itself, `**.` any
 * depth with it; patterns that match a name add up. Pins are looked for in the chain that the platform validated.
 */
export const okhttp: Target = {
  name: 'okhttp',
  summary: 'OkHttp on Android and the JVM: a Java class that gives the CertificatePinner',
  depths: ['none', 'one', 'any'],
  compares: ['key'],
  canReport: false,
  canExpire: true,
  overlap: 'union',
  render: (hosts, { javaPackage }) => [
    { name: 'PinnedHosts.java', content: javaClass(hosts, javaPackage) },
  ],
}

const patterns: Readonly<Record<SubdomainDepth, (name: string) => readonly string[]>> = {
  none: (name) => [name],
  one: (name) => [name, `*.${name}`],
  any: (name) => [`**.${name}`],
}

function javaClass(hosts: readonly PinnedHost[], javaPackage: string): string {
  return `// ${originOf('okhttp')}
package ${javaPackage};

import okhttp3.CertificatePinner;

/** The pins of our hosts. Other stacks of the app (WebView, Cronet, ExoPlayer) do not ask OkHttp. */
public final class PinnedHosts {
  private PinnedHosts() {}

  /** For OkHttpClient.Builder.certificatePinner. Pins that have a last day are left out after it. */
  public static CertificatePinner certificatePinner() {
    return certificatePinner(System.currentTimeMillis());
  }

  static CertificatePinner certificatePinner(long nowMillis) {
    CertificatePinner.Builder pins = new CertificatePinner.Builder();
${hosts.map(statements).join('\n')}
    return pins.build();
  }
}
`
}

function statements({ name, subdomains, expires, pins }: PinnedHost): string {
  const adds = patterns[subdomains](name).flatMap((pattern) =>
    pins.map((pin) => ({
      line: `pins.add("${pattern}", "sha256/${pin.sha256}");`,
      comment: pinComment(pin),
    })),
  )
  const indent = expires === undefined ? '    ' : '      '
  const lines = adds.map(({ line, comment }) => `${indent}${line} // ${comment}`)
  if (expires === undefined) return lines.join('\n')
  return [`    if (nowMillis < ${expires}L) {`, ...lines, '    }'].join('\n')
}
