import { copyFileSync, cpSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { makeZip } from '../make-zip.ts'
import { isText } from './containers.ts'
import { framework, runTool, type Tool } from './tools.ts'

/** What is built: the pieces of an identity in one place, and a password in another, if it is there at all. */
export type Built = {
  readonly pieces: readonly Buffer[]
  readonly password: string | undefined
  /** Empty, for this package alone. */
  readonly folder: string
}

type Place = {
  readonly tools: readonly Tool[]
  /** @returns the package */
  readonly build: (built: Built) => string
}

/** Where an identity lies in a package: each built by the tools that build real ones. */
export const places: Readonly<Record<string, Place>> = {
  asset: {
    tools: ['aapt2'],
    build: (built) => {
      for (const [index, piece] of built.pieces.entries()) put(built, `assets/data/${index}`, piece)
      return linkApk(built)
    },
  },
  'raw resource': {
    tools: ['aapt2'],
    build: (built) => {
      for (const [index, piece] of built.pieces.entries()) {
        put(built, `res/raw/blob${index}.bin`, piece)
      }
      return linkApk(built)
    },
  },
  'string resource': {
    tools: ['aapt2'],
    build: (built) => {
      // aapt2 reads escapes as a developer would write them.
      const value = (text: string) =>
        text
          .replaceAll('&', '&amp;')
          .replaceAll('<', '&lt;')
          .replaceAll('"', '\\"')
          .replaceAll('\n', '\\n')
      const strings = texts(built).map(
        (text, index) => `<string name="blob${index}">${value(text)}</string>`,
      )
      put(built, 'res/values/blobs.xml', `<resources>${strings.join('')}</resources>`)
      return linkApk(built)
    },
  },
  'DEX string': {
    tools: ['aapt2', 'aapt', 'smali'],
    build: (built) => {
      const fields = texts(built).map(
        (text, index) =>
          `.field public static final B${index}:Ljava/lang/String; = ${smaliString(text)}`,
      )
      return withDex(built, fields.join('\n'))
    },
  },
  'byte array': {
    tools: ['aapt2', 'aapt', 'smali'],
    build: (built) => withDex(built, built.pieces.map(byteArray).join('\n')),
  },
  'native .rodata': {
    tools: ['aapt2', 'aapt', 'clang', 'ld.lld'],
    build: (built) => {
      writeFileSync(path.join(built.folder, 'blob.c'), cArrays(built.pieces))
      const target = ['--target=aarch64-linux-gnu', '-nostdlib', '-shared', '-fuse-ld=lld']
      mkdirSync(path.join(built.folder, 'lib/arm64-v8a'), { recursive: true })
      runTool('clang', [...target, '-o', 'lib/arm64-v8a/libblob.so', 'blob.c'], built.folder)
      return withFile(built, linkApk(built), 'lib/arm64-v8a/libblob.so')
    },
  },
  'Mach-O': {
    tools: ['clang', 'ld64.lld'],
    build: (built) => {
      const { folder, password } = built
      writeFileSync(
        path.join(folder, 'blob.c'),
        `${cArrays(built.pieces)}\nint main(void) { return 0; }\n`,
      )
      copyFileSync(path.join(fixtures, 'mach-o/iOS.tbd'), path.join(folder, 'iOS.tbd'))
      runTool('clang', ['--target=arm64-apple-ios14.0', '-c', 'blob.c', '-o', 'blob.o'], folder)
      const version = ['-arch', 'arm64', '-platform_version', 'ios', '14.0', '14.0']
      runTool('ld64.lld', [...version, '-o', 'Bank', 'blob.o', 'iOS.tbd'], folder)
      const app = 'Payload/Bank.app'
      const file = path.join(folder, 'bank.ipa')
      const entries = [
        { name: `${app}/Info.plist`, bytes: infoPlist(password) },
        { name: `${app}/Bank`, bytes: readFileSync(path.join(folder, 'Bank')) },
      ]
      writeFileSync(file, makeZip(entries))
      return file
    },
  },
  'Hermes, UTF-16': {
    tools: ['aapt2', 'aapt', 'hermesc'],
    build: (built) => {
      // One character that is no ASCII, and the whole string is kept in UTF-16.
      const lines = texts(built).map((text) => `globalThis.b.push(${JSON.stringify(`${text}身`)})`)
      writeFileSync(
        path.join(built.folder, 'bundle.js'),
        `globalThis.b = []\n${lines.join('\n')}\n`,
      )
      const bundle = 'assets/index.android.bundle'
      mkdirSync(path.join(built.folder, 'assets'))
      runTool('hermesc', ['-emit-binary', '-O', '-out', bundle, 'bundle.js'], built.folder)
      return linkApk(built)
    },
  },
}

const fixtures = path.join(import.meta.dirname, '../../../test/fixtures')
const name = 'com.example.bank'

function put({ folder }: Built, file: string, content: Buffer | string): void {
  const whole = path.join(folder, file)
  mkdirSync(path.dirname(whole), { recursive: true })
  writeFileSync(whole, content)
}

/** What can stand in a string: text as it is, and everything else as base64. */
function texts({ pieces }: Built): string[] {
  return pieces.map((piece) => (isText(piece) ? String(piece) : piece.toString('base64')))
}

/** An APK of the folder's `res` and `assets`; the password, where there is one, is a resource of its own. */
function linkApk(built: Built): string {
  const { folder, password } = built
  put(
    built,
    'AndroidManifest.xml',
    `<manifest xmlns:android="http://schemas.android.com/apk/res/android" package="${name}"
  android:versionCode="1" android:versionName="1.0">
  <uses-sdk android:minSdkVersion="30" android:targetSdkVersion="35"/>
  <application android:allowBackup="false" android:hasCode="true"/>
</manifest>`,
  )
  const secret = password === undefined ? '' : `<string name="store_pass">${password}</string>`
  put(
    built,
    'res/values/strings.xml',
    `<resources><string name="app">Bank</string>${secret}</resources>`,
  )
  runTool('aapt2', ['compile', '--dir', 'res', '-o', 'res.zip'], folder)
  mkdirSync(path.join(folder, 'assets'), { recursive: true })
  const link = ['link', '-I', framework, '--manifest', 'AndroidManifest.xml', '-A', 'assets']
  runTool('aapt2', [...link, '-o', 'bank.apk', 'res.zip'], folder)
  return path.join(folder, 'bank.apk')
}

function withFile({ folder }: Built, apk: string, file: string): string {
  runTool('aapt', ['add', apk, file], folder)
  return apk
}

/** A class with these members; the password, where there is one, is handed to a keystore in it. */
function withDex(built: Built, members: string): string {
  const { folder, password } = built
  const text = `.class public Lcom/example/bank/Tls;
.super Ljava/lang/Object;
${members}
`
  put(built, 'Tls.smali', text)
  runTool('smali', ['assemble', '--api', '30', '-o', 'classes.dex', 'Tls.smali'], folder)
  return withFile({ ...built, password }, linkApk(built), 'classes.dex')
}

function smaliString(text: string): string {
  const escaped = text.replaceAll('\\', '\\\\').replaceAll('"', '\\"')
  return `"${escaped.replaceAll('\r', '\\r').replaceAll('\n', '\\n')}"`
}

function byteArray(piece: Buffer, index: number): string {
  return `.method public static b${index}()[B
  .registers 2
  const/16 v0, ${piece.length}
  new-array v0, v0, [B
  fill-array-data v0, :bytes
  return-object v0
  :bytes
  .array-data 1
${[...piece].map((byte) => `    ${(byte << 24) >> 24}t`).join('\n')}
  .end array-data
.end method`
}

function cArrays(pieces: readonly Buffer[]): string {
  return pieces
    .map((piece, index) => `const unsigned char blob${index}[] = { ${[...piece].join(', ')} };`)
    .join('\n')
}

function infoPlist(password: string | undefined): string {
  const secret =
    password === undefined ? '' : `<key>StorePassword</key><string>${password}</string>`
  return `<?xml version="1.0" encoding="UTF-8"?>
<plist version="1.0"><dict><key>CFBundleIdentifier</key><string>${name}</string>
<key>CFBundleExecutable</key><string>Bank</string>${secret}</dict></plist>
`
}

/** A copy of a package that is signed as releases are. */
export function signed(apk: string, folder: string): string {
  const key = [
    '-genkeypair',
    '-keystore',
    'release.jks',
    '-storepass',
    'release',
    '-keypass',
    'release',
  ]
  const subject = ['-alias', 'a', '-keyalg', 'RSA', '-keysize', '2048', '-dname', 'CN=Example Bank']
  runTool('keytool', [...key, ...subject], folder)
  const file = path.join(folder, 'signed.apk')
  cpSync(apk, file)
  const versions = ['--min-sdk-version', '21', '--v1-signing-enabled', 'true']
  const keys = ['--ks', 'release.jks', '--ks-pass', 'pass:release']
  runTool('apksigner', ['sign', ...versions, ...keys, file], folder)
  return file
}
