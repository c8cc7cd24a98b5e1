import { type AddressWords, isMapped, maskOf, type Network } from './network.ts'

/**
 * A set of networks, each with a number, as a path-compressed radix tree in one SharedArrayBuffer: made
 * by one thread, then read by all, never changed. Whoever has another set makes another tree.
 *
 * A node is eight words: how many bits of the prefix, the prefix, the nodes below it whose next bit is 0
 * and 1, and the number of the network, 0 where the node is only a fork. Node 0 is none; its words
 * hold the roots. IPv4 has a root of its own: `::/0` is no network of IPv4.
 */
const nodeWords = 8
const field = { length: 0, prefix: 1, below: 5, value: 7 } as const
const root = { mapped: 0, other: 1, nodes: 2 } as const
const fullLength = 128
const mappedBits = 96

/** Numbers are from 1 on. Of a network that comes twice, the first number counts. */
export type NumberedNetwork = { readonly network: Network; readonly value: number }

/** @returns the tree; as large as its networks need, at most two nodes for each */
export function buildNetworkTree(networks: readonly NumberedNetwork[]): SharedArrayBuffer {
  const nodes = new Int32Array((networks.length * 2 + 1) * nodeWords)
  nodes[root.nodes] = 1
  for (const { network, value } of networks) insert(nodes, network, value)
  const used = (nodes[root.nodes] ?? 1) * nodeWords
  const buffer = new SharedArrayBuffer(used * 4)
  new Int32Array(buffer).set(nodes.subarray(0, used))
  return buffer
}

function insert(nodes: Int32Array, network: Network, value: number): void {
  const { words, length } = network
  const isOfIpv4 = length >= mappedBits && isMapped(words)
  // The word that points to the node that is looked at.
  let pointer: number = isOfIpv4 ? root.mapped : root.other
  for (;;) {
    const node = nodes[pointer] ?? 0
    if (node === 0) {
      nodes[pointer] = addNode(nodes, words, length, value)
      return
    }
    const at = node * nodeWords
    const nodeLength = nodes[at + field.length] ?? 0
    const common = Math.min(commonBits(nodes, at, words), length, nodeLength)
    if (common < nodeLength) {
      nodes[pointer] = fork(nodes, node, common, { words, length, value })
      return
    }
    if (length === nodeLength) {
      if (nodes[at + field.value] === 0) nodes[at + field.value] = value
      return
    }
    pointer = at + field.below + bitOf(words, nodeLength)
  }
}

/** A node for the bits that both have, with the other node below it, and the new one where it is not that. */
function fork(
  nodes: Int32Array,
  node: number,
  common: number,
  fresh: Network & { readonly value: number },
): number {
  const isItself = common === fresh.length
  const above = addNode(nodes, fresh.words, common, isItself ? fresh.value : 0)
  const at = above * nodeWords + field.below
  const prefix = node * nodeWords + field.prefix
  const bit = bitOf(nodes.subarray(prefix, prefix + 4), common)
  nodes[at + bit] = node
  if (!isItself) nodes[at + 1 - bit] = addNode(nodes, fresh.words, fresh.length, fresh.value)
  return above
}

function addNode(nodes: Int32Array, words: AddressWords, length: number, value: number): number {
  const node = nodes[root.nodes] ?? 1
  nodes[root.nodes] = node + 1
  const at = node * nodeWords
  nodes[at + field.length] = length
  for (let word = 0; word < 4; word++) {
    nodes[at + field.prefix + word] = (words[word] ?? 0) & maskOf(length - word * 32)
  }
  nodes[at + field.value] = value
  return node
}

function commonBits(nodes: Int32Array, at: number, words: AddressWords): number {
  for (let word = 0; word < 4; word++) {
    const difference = (nodes[at + field.prefix + word] ?? 0) ^ (words[word] ?? 0)
    if (difference !== 0) return word * 32 + Math.clz32(difference)
  }
  return fullLength
}

function bitOf(words: Int32Array, index: number): number {
  return ((words[index >> 5] ?? 0) >>> (31 - (index & 31))) & 1
}

/** The narrowest network that holds an address. */
export type FoundNetwork = NumberedNetwork

export type NetworkTree = {
  readonly isEmpty: boolean
  /** The number of the narrowest network that holds the address, 0 where none does. Allocates nothing. */
  readonly valueFor: (words: AddressWords) => number
  readonly find: (words: AddressWords) => FoundNetwork | undefined
}

export function readNetworkTree(buffer: SharedArrayBuffer): NetworkTree {
  const nodes = new Int32Array(buffer)
  return {
    isEmpty: nodes[root.nodes] === 1,
    valueFor: (words) => nodes[findNode(nodes, words) * nodeWords + field.value] ?? 0,
    find: (words) => {
      const node = findNode(nodes, words)
      if (node === 0) return undefined
      const at = node * nodeWords
      const prefix = nodes.slice(at + field.prefix, at + field.prefix + 4)
      return {
        network: { words: prefix, length: nodes[at] ?? 0 },
        value: nodes[at + field.value] ?? 0,
      }
    },
  }
}

// The words of node 0 behind the three that are in use are 0: no node, no value.
function findNode(nodes: Int32Array, words: AddressWords): number {
  let node = (isMapped(words) ? nodes[root.mapped] : nodes[root.other]) ?? 0
  let found = 0
  while (node !== 0) {
    const at = node * nodeWords
    const length = nodes[at] ?? 0
    if (commonBits(nodes, at, words) < length) break
    if (nodes[at + field.value] !== 0) found = node
    if (length === fullLength) break
    node = nodes[at + field.below + bitOf(words, length)] ?? 0
  }
  return found
}
