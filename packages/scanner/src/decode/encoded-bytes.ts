import { constants, gunzipSync, inflateSync } from 'node:zlib'
import type { DetectorMaker } from '../detector.ts'
import type { Sink } from '../sink.ts'
import type { TextRegion } from '../text-region.ts'
import { alphabetOf, findRuns } from './alphabet-runs.ts'
import { base64Alphabet, type Decoded, decodeBase64, shortestBase64 } from './base64-text.ts'
import { findByteLists } from './byte-lists.ts'
import { type ContentHead, contentHead, headBytes } from './content-head.ts'

/** One value, decoded or inflated. */
const maxValueBytes = 8 * 1024 ** 2
/** All that one scan decodes. */
const maxScanBytes = 96 * 1024 ** 2
/** Base64 in base64, gzip in base64 … */
const maxDepth = 3

/**
 * Decodes base64, hex and lists of bytes that lie in text, and gives what comes out to all detectors: bytes as
 * blobs, text as regions. Only what begins like a key, a certificate, a keystore, an archive or text is decoded at
 * all. PEM is left to who reads keys.
 */
export const encodedBytes: DetectorMaker = () => {
  /** How the region that is being looked at was come by. Regions of ours are looked at before `text` returns. */
  let by: readonly string[] = []
  let decodedBytes = 0
  let isFullTold = false

  function look(region: TextRegion, sink: Sink): void {
    if (by.length >= maxDepth) return
    const { text } = region
    const patience = { characters: 2 * text.length + 4096 }
    findRuns(text, base64Alphabet, shortestBase64, (start, end) => {
      if (isPemBody(text, start)) return end
      const hex = decodeHex(text, start, end)
      if (hex !== undefined) {
        emit(hex, 'hex', region, sink)
        return end
      }
      const decoded = decodeBase64(text, [start, end], maxValueBytes, patience)
      if (decoded === undefined) return end
      // Where ends of line are escaped, the dashes before it belong to the run too.
      if (!isPemBody(text, decoded.start)) emit(decoded, 'base64', region, sink)
      return decoded.end
    })
    findByteLists(text, maxValueBytes, (listed) => emit(listed, listed.by, region, sink))
  }

  function emit(
    { bytes, head, start }: Pick<Decoded, 'bytes' | 'head' | 'start'>,
    how: string,
    region: TextRegion,
    sink: Sink,
  ): void {
    decodedBytes += bytes.length
    if (decodedBytes > maxScanBytes) {
      if (!isFullTold) {
        isFullTold = true
        sink.notChecked(
          region.path,
          `more than ${maxScanBytes} bytes of encoded values: the rest stayed encoded`,
        )
      }
      return
    }
    const outer = by
    by = [...outer, how]
    try {
      const offset = region.offsetAt(start)
      if (head.name === 'gzip' || head.name === 'zlib') {
        emitInflated(bytes, head, start, region, sink)
      } else if (head.name === 'text') {
        const text = bytes.toString('utf8')
        sink.text({
          path: region.path,
          source: 'file',
          text,
          encoding: 'utf8',
          offsetAt: () => offset,
        })
      } else {
        sink.blob({ bytes, path: region.path, offset, by })
        if (head.name === 'zip') {
          sink.notChecked(region.path, `an archive in ${by.join(' in ')} was not opened`)
        }
      }
    } finally {
      by = outer
    }
  }

  function emitInflated(
    bytes: Buffer,
    { name }: ContentHead,
    start: number,
    region: TextRegion,
    sink: Sink,
  ): void {
    if (by.length >= maxDepth) return
    const how = name === 'gzip' ? gunzipSync : inflateSync
    const front = inflateFront(bytes, how)
    const head = front && contentHead(front.subarray(0, headBytes))
    if (head === undefined) return
    const inflated = inflate(bytes, how)
    // It was as much work as one that fits.
    if (inflated === undefined) decodedBytes += maxValueBytes
    else emit({ bytes: inflated, head, start }, name, region, sink)
  }

  return { text: look }
}

/** Undefined where it is no such thing after all: two or three bytes of magic are easily chance. */
function inflate(bytes: Buffer, how: typeof gunzipSync): Buffer | undefined {
  try {
    return how(bytes, { maxOutputLength: maxValueBytes })
  } catch {
    return undefined
  }
}

/** Compressed. Deflate makes at most 1,032 bytes of one, so that a bomb costs little until its front is worth more. */
const frontBytes = 256

function inflateFront(bytes: Buffer, how: typeof gunzipSync): Buffer | undefined {
  try {
    return how(bytes.subarray(0, frontBytes), { finishFlush: constants.Z_SYNC_FLUSH })
  } catch {
    return undefined
  }
}

const hexDigits = alphabetOf('0123456789abcdefABCDEF')
/** In digits: 45 bytes. */
const shortestHex = 90

function decodeHex(text: string, start: number, end: number): Decoded | undefined {
  if (end - start < shortestHex) return undefined
  for (let at = start; at < end; at += 1) {
    if (hexDigits[text.charCodeAt(at)] !== 1) return undefined
  }
  const head = contentHead(Buffer.from(text.slice(start, start + 2 * headBytes), 'hex'))
  if (head === undefined) return undefined
  const wanted = head.wholeBytes ?? Math.min(maxValueBytes, Math.floor((end - start) / 2))
  if (wanted > maxValueBytes || 2 * wanted > end - start) return undefined
  return { bytes: Buffer.from(text.slice(start, start + 2 * wanted), 'hex'), head, start, end }
}

/** Whether `-----`, and an end of line as it is or escaped, stand before it. */
function isPemBody(text: string, start: number): boolean {
  return /-----(?:\\r|\\n|\s){0,4}$/.test(text.slice(Math.max(0, start - 16), start))
}
