// A pure table: the commands of `sallyport pins`.
import type { Command, Option } from '../command.ts'

const file: Option = { flags: '--file <file>', summary: 'the file of pins (default: ./pins.yaml)' }

const targetList =
  'android-nsc, ios-ats, okhttp, trustkit-ios, expo, android-trust-anchors, ios-urlsession or sallyport-sdk'

export const pinsCommands: readonly Command[] = [
  {
    name: 'pins generate',
    needsNoConfig: true,
    summary: 'Print the configuration of a platform, made from the file of pins',
    details:
      'Says exactly what the file says, or refuses with the reason: one label of subdomains is all that App Transport Security knows, any depth all that Android and TrustKit know. A set without a backup, or expired, is refused too. Exit code 1 where it is refused.',
    options: [
      { flags: '--target <name>', summary: targetList },
      { flags: '--out <folder>', summary: 'write its files there, in place of printing the first' },
      {
        flags: '--java-package <name>',
        summary: 'okhttp: the package of the class (default: pins)',
      },
      file,
    ],
    examples: [
      {
        line: 'sallyport pins generate --target android-nsc > network_security_config.xml',
        does: 'for app/src/main/res/xml',
      },
    ],
    load: async () => (await import('../commands/pins.ts')).generatePins,
  },
  {
    name: 'pins explain',
    needsNoConfig: true,
    summary:
      'Tell what the file of pins comes to: which names, which changes it survives, which targets',
    arguments: [{ name: '[host]', summary: 'of this host alone' }],
    options: [file],
    examples: [{ line: 'sallyport pins explain', does: 'before a review' }],
    load: async () => (await import('../commands/pins.ts')).explainPins,
  },
]
