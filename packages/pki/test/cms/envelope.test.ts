import assert from 'node:assert/strict'
import { createPrivateKey } from 'node:crypto'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { isProblem, Problem } from '@sallyport/problem'
import fc from 'fast-check'
import { contentCiphers } from '../../src/cms/content-cipher.ts'
import { readEnvelopedData } from '../../src/cms/enveloped-data.ts'
import { unwrapKey } from '../../src/cms/key-transport.ts'
import { openEnvelope, type OpenEnvelopeOptions } from '../../src/cms/open-envelope.ts'
import { writeEnvelopedData } from '../../src/cms/write-cms.ts'
import { DerError } from '../../src/der/index.ts'
import { certificatesFromPem } from '../../src/pem.ts'
import { inScratch, run } from '../openssl.ts'

const content = Buffer.from('a signing request, as a client of SCEP encrypts it')
// DES is read and never written: messages of micromdm's client are (authority, SCEP with clients of others).
const ciphers = contentCiphers.map(({ name }) => name).filter((name) => name !== 'des-cbc')

/** Recipients that openssl made, and what it encrypts and decrypts for them. */
async function withRecipient<T>(
  work: (recipient: {
    options: OpenEnvelopeOptions
    encrypt: (...options: string[]) => Promise<Buffer>
    decrypt: (message: Buffer) => Promise<Buffer>
  }) => Promise<T>,
): Promise<T> {
  return inScratch(async (directory) => {
    const openssl = async (...command: string[]) => {
      const { ok, text } = await run(directory, command)
      assert.ok(ok, text)
    }
    for (const name of ['recipient', 'other']) {
      const files = ['-keyout', `${name}.key`, '-out', `${name}.pem`]
      const subject = ['-subj', `/CN=${name}`, '-days', '2', '-nodes']
      await openssl('req', '-x509', '-newkey', 'rsa:2048', ...files, ...subject)
    }
    const pem = await readFile(join(directory, 'recipient.pem'), 'utf8')
    const [certificate] = certificatesFromPem(pem)
    assert.ok(certificate !== undefined)
    const key = createPrivateKey(await readFile(join(directory, 'recipient.key')))
    const options: OpenEnvelopeOptions = {
      certificate,
      unwrap: (encrypted, transport) => Promise.resolve(unwrapKey(key, transport, encrypted)),
      ciphers,
    }
    await writeFile(join(directory, 'content'), content)
    return work({
      options,
      async encrypt(...more) {
        const files = ['-in', 'content', '-out', 'message', '-outform', 'DER', '-binary']
        await openssl('cms', '-encrypt', ...files, '-recip', 'recipient.pem', ...more)
        return readFile(join(directory, 'message'))
      },
      async decrypt(message) {
        await writeFile(join(directory, 'message'), message)
        const files = ['-in', 'message', '-inform', 'DER', '-out', 'plain', '-binary']
        await openssl('cms', '-decrypt', ...files, '-inkey', 'recipient.key')
        return readFile(join(directory, 'plain'))
      },
    })
  })
}

const refusal = (code: string) => (error: unknown) => isProblem(error) && error.code === code

describe('CMS EnvelopedData', () => {
  const forms: Readonly<Record<string, readonly string[]>> = {
    'AES-128': ['-aes-128-cbc'],
    'AES-192': ['-aes-192-cbc'],
    'AES-256': ['-aes-256-cbc'],
    'triple DES': ['-des3'],
    'BER with indefinite lengths': ['-aes-256-cbc', '-stream'],
    'key identifiers': ['-aes-256-cbc', '-keyid'],
    'OAEP with SHA-1': ['-keyopt', 'rsa_padding_mode:oaep'],
    'OAEP with SHA-256': ['-keyopt', 'rsa_padding_mode:oaep', '-keyopt', 'rsa_oaep_md:sha256'],
  }
  it(`of openssl is opened: ${Object.keys(forms).join(', ')}`, () =>
    withRecipient(async ({ options, encrypt }) => {
      for (const [form, flags] of Object.entries(forms)) {
        const cipher = flags.some((flag) => flag.startsWith('-aes') || flag === '-des3')
        const message = await encrypt(...(cipher ? [] : ['-aes-128-cbc']), ...flags)
        assert.deepEqual(await openEnvelope(message, options), content, form)
      }
    }))

  it('to several recipients is opened by each, and by nobody else', () =>
    withRecipient(async ({ options, encrypt }) => {
      const both = await encrypt('-aes-256-cbc', '-recip', 'other.pem')
      assert.deepEqual(await openEnvelope(both, options), content)
      assert.equal(readEnvelopedData(both).recipients.length, 2)
      const many = Array.from({ length: 4 }, () => ['-recip', 'other.pem']).flat()
      await assert.rejects(async () => {
        await openEnvelope(await encrypt('-aes-256-cbc', ...many), options)
      }, refusal('cms_malformed'))
    }))

  it('of ours is opened by openssl, with each cipher', () =>
    withRecipient(async ({ options, decrypt }) => {
      for (const name of ciphers) {
        const message = writeEnvelopedData(content, options.certificate, name)
        assert.deepEqual(await decrypt(message), content, name)
        assert.deepEqual(await openEnvelope(message, options), content, name)
      }
    }))

  it('with a cipher that is not allowed is refused', () =>
    withRecipient(async ({ options, encrypt }) => {
      const message = await encrypt('-des3')
      const allowed = { ...options, ciphers: ['aes-128-cbc', 'aes-256-cbc'] as const }
      await assert.rejects(openEnvelope(message, allowed), refusal('cms_cipher_not_allowed'))
    }))

  it('tells no difference between a wrong key, wrong padding and a key that cannot be had', () =>
    withRecipient(async ({ options, encrypt }) => {
      const message = await encrypt('-aes-256-cbc')
      const answers = new Set<string>()
      const enveloped = readEnvelopedData(message)
      const [recipient] = enveloped.recipients
      assert.ok(recipient !== undefined)
      const at = message.indexOf(recipient.encryptedKey)
      const altered = (position: number) => {
        const bytes = Buffer.from(message)
        bytes.writeUInt8(bytes.readUInt8(position) ^ 1, position)
        return bytes
      }
      const last = message.length - 1
      for (const bytes of [
        altered(at + 40),
        altered(at + 255),
        altered(last),
        altered(last - 20),
      ]) {
        const answer = await openEnvelope(bytes, options).catch((error: unknown) =>
          isProblem(error) ? JSON.stringify({ ...error, stack: undefined }) : String(error),
        )
        // One byte of padding in 256 is right by chance, and then the content is another.
        if (!Buffer.isBuffer(answer)) answers.add(answer)
        else assert.notDeepEqual(answer, content)
      }
      for (const unwrapped of [undefined, Buffer.alloc(0), Buffer.alloc(15), Buffer.alloc(256)]) {
        const failing = { ...options, unwrap: () => Promise.resolve(unwrapped) }
        await assert.rejects(openEnvelope(message, failing), (error) => {
          assert.ok(isProblem(error))
          answers.add(JSON.stringify({ ...error, stack: undefined }))
          return true
        })
      }
      assert.equal(answers.size, 1, [...answers].join('\n'))
    }))

  it('tells apart that a key cannot be asked now, so that the sender comes again', () =>
    withRecipient(async ({ options, encrypt }) => {
      const gone = () => Promise.reject(new Problem('hardware_token_unavailable'))
      await assert.rejects(
        openEnvelope(await encrypt('-aes-256-cbc'), { ...options, unwrap: gone }),
        (error) => isProblem(error) && error.code === 'hardware_token_unavailable',
      )
    }))

  it('throws nothing but DerError when read, whatever the bytes', () =>
    withRecipient(async ({ options }) => {
      const message = writeEnvelopedData(content, options.certificate)
      const hostile = fc
        .array(fc.tuple(fc.nat(message.length - 1), fc.nat(255)), { minLength: 1, maxLength: 3 })
        .map((changes) => {
          const bytes = Buffer.from(message)
          for (const [at, byte] of changes) bytes.writeUInt8(byte, at)
          return bytes
        })
      fc.assert(
        fc.property(hostile, (bytes) => {
          try {
            readEnvelopedData(bytes)
          } catch (error) {
            assert.ok(error instanceof DerError, String(error))
          }
        }),
        { numRuns: 2_000 },
      )
    }))
})
