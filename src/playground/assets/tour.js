// The explanation in a minute. Everything in it happens for real before its first picture is shown: three people, both orders;
// what was seen is kept, so that one can go forth and back through it.

import { declare, expireKey } from './levers.js'
import { createScene, somebodyNew } from './scene.js'
import { readShelves } from './shelves.js'

/**
 * Where each step ends: at the first entry, after the one before it, for which `until` holds. A step without `until` adds
 * nothing. One that does not happen, because the service was set up otherwise, is left out.
 */
const STEPS = [
  { word: 'past', person: 0 },
  { word: 'login', person: 0, until: entry => entry.type === 'note' && entry.say[0] === 'note.login' },
  { word: 'data', person: 0, until: entry => entry.type === 'answer' && entry.carries !== null && entry.from === 'wechat' },
  { word: 'exchange', person: 0, until: entry => entry.type === 'answer' && entry.from === 'service' },
  { word: 'mismatch', person: 0, until: entry => entry.type === 'answer' && entry.from === 'service' },
  { word: 'again', person: 0, until: entry => entry.end },
  { word: 'right', person: 1, until: entry => entry.type === 'answer' && entry.from === 'wechat' && entry.to === 'service' },
  { word: 'ticket', person: 1, until: entry => entry.type === 'answer' && entry.from === 'service' },
  { word: 'register', person: 1, until: entry => entry.end },
  { word: 'known', person: 1, until: entry => entry.end },
  { word: 'undeclared', person: 2, until: entry => entry.end },
  { word: 'goesOn', person: 2, until: entry => entry.type === 'note' && entry.say[0] === 'note.undeclared' },
  { word: 'silent', person: 2, until: entry => entry.end && entry.view.user !== null }
]

/** Lets it all happen; returns the steps: each with `word`, `entries`, `fresh`, `start`, `view`, `shelves`, `own`. */
export async function recordTour(apps) {
  const acts = [
    await record(apps, 'Alice', obviousTwice), await record(apps, 'Bob', rightThenKnown), await record(apps, 'Carol', undeclared, false)
  ]
  const positions = [0, 0, 0]
  return STEPS.flatMap(({ word, person, until }) => {
    const { tape, start, scene } = acts[person]
    const fresh = positions[person]
    if (until) {
      const found = tape.findIndex((entry, index) => index >= fresh && until(entry))
      if (found < 0) return []
      positions[person] = found + 1
    }
    const entries = tape.slice(0, positions[person])
    const moment = entries[entries.length - 1] || start
    return [{ word, entries, fresh, start: start.keys, view: { ...moment.view, person: scene.person }, shelves: moment.shelves }]
  })
}

async function record(apps, name, happen, declared = true) {
  const person = somebodyNew(name)
  const tape = []
  let view = { person, app: 0, user: null, doing: null, problem: null }
  let shelves = null
  let watched = true
  const emit = entry => {
    if (watched) tape.push({ ...entry, view: { ...view }, shelves })
  }
  // Nothing waits for eyes here; but what the service keeps is read after each message, while it is still so.
  const pace = async () => {
    shelves = await readShelves()
    if (watched) tape[tape.length - 1].shelves = shelves
  }
  const scene = createScene({ person, apps, emit, pace, onView: shown => { view = { ...shown } } })
  await scene.visitUnwatched()
  await expireKey(person.id, apps[0])
  if (!declared) await declare(person.id, false)
  await scene.look()
  shelves = await readShelves()
  const start = { keys: { ...scene.keys }, view: { ...view }, shelves }
  const attempt = async (word, work) => {
    emit({ type: 'divider', strong: true, say: [word, {}], keys: { ...scene.keys } })
    await work()
    Object.assign(tape[tape.length - 1], { end: true, view: { ...view }, shelves: await readShelves() })
  }
  const unwatched = async work => {
    watched = false
    await work()
    watched = true
  }
  await happen(scene, attempt, unwatched)
  return { tape, start, scene: { person } }
}

async function obviousTwice(scene, attempt) {
  await attempt('divider.obvious', () => scene.signIn('obvious'))
  await attempt('divider.obvious.again', () => scene.signIn('obvious'))
}

async function rightThenKnown(scene, attempt, unwatched) {
  await attempt('divider.right', () => scene.signIn('right'))
  await unwatched(async () => {
    await scene.signOut()
    await expireKey(scene.view.person.id, scene.apps[0])
    await scene.look()
  })
  await attempt('divider.nextDay', () => scene.signIn('right'))
}

async function undeclared(scene, attempt) {
  await attempt('divider.obvious', () => scene.signIn('obvious'))
  await attempt('divider.right', () => scene.signIn('right'))
}

/** Shows the steps: `draw(step, index, count)`, `done()`. */
export function createTour({ steps, draw, done }) {
  let position = 0
  const go = to => {
    if (to < 0) return
    if (to >= steps.length) return done()
    position = to
    draw(steps[position], position, steps.length)
  }
  go(0)
  return { next: () => go(position + 1), back: () => go(position - 1), redraw: () => go(position) }
}
