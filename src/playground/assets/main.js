// The page: puts the parts together and lets its user make things happen, one at a time.

import { followColours } from './colours.js'
import { createDiagram, verdictSentence } from './diagram.js'
import { createPhoneScreen } from './phone.js'
import { createScene, somebodyNew } from './scene.js'
import { createShelves, readShelves } from './shelves.js'
import { createTour, expireKey, recordTour } from './tour.js'
import { language, onLanguage, plain, speak, translate } from './words.js'

const find = id => document.getElementById(id)
const still = matchMedia('(prefers-reduced-motion: reduce)')
/** Between two messages: long enough to see each, short enough for a sign-in in a few seconds. */
const PACE = 420
const LOST_ANSWER = { path: '/sns/jscode2session', kind: 'dropAfter', times: 1 }

const shelves = createShelves({ users: find('users'), identities: find('identities'), tokens: find('tokens') })
const diagram = createDiagram({
  list: find('rows'), empty: find('rows-empty'),
  heads: { wechat: find('wechat-key'), service: find('service-key') },
  onVerdict: verdict => find('announcement').replaceChildren(...verdictSentence(verdict))
})
const screen = createPhoneScreen({
  screen: find('screen'), owner: find('owner'), holder: find('holder'),
  act: {
    signIn: () => perform(`divider.${order()}`, () => scene.signIn(order())),
    signOut: () => perform('divider.signOut', () => scene.signOut()),
    changeNickname: nickname => perform('divider.nickname', () => scene.changeNickname(nickname)),
    sharePhoneNumber: () => perform('divider.phone', () => scene.sharePhoneNumber())
  }
})

let apps = []
let scene = null
let tour = null
let busy = false

const order = () => document.querySelector('input[name="order"]:checked').value
const pace = () => new Promise(resolve => setTimeout(resolve, still.matches ? 0 : PACE))

/** Everything that must not be pressed while something is under way. */
function lock(locked) {
  busy = locked
  for (const group of document.querySelectorAll('fieldset.lockable')) group.disabled = locked
  find('tour-start').disabled = locked
  if (scene && !tour) screen.show(scene.view, locked)
}

/** The one thing that can go wrong with the page itself. */
function unanswered(error) {
  find('trouble-note').textContent = plain('trouble.unanswered', { why: error.message || error.code })
}

/** What the person does: a heading, then whatever follows from it, then a look at what the service keeps. */
async function perform(word, work) {
  if (busy) return
  lock(true)
  find('trouble-note').textContent = ''
  diagram.append({ type: 'divider', strong: true, say: [word, {}], keys: { ...scene.keys } })
  try {
    await work()
    await refresh()
  } catch (error) {
    unanswered(error)
  } finally {
    lock(false)
  }
}

/** A lever is pulled: no message, but something is different. */
async function pull(work) {
  if (busy) return
  lock(true)
  const focused = document.activeElement
  try {
    const said = await work()
    await scene.look()
    diagram.append({ type: 'divider', say: said, keys: { ...scene.keys } })
    await refresh()
  } catch (error) {
    unanswered(error)
  } finally {
    lock(false)
    if (focused) focused.focus({ preventScroll: true })
  }
}

async function steer(method, path, body) {
  const answer = await fetch(`/control${path}`, { method, headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) })
  if (!answer.ok) throw new Error(`/control${path}: ${answer.status}`)
}

async function refresh() {
  const [state, control] = await Promise.all([readShelves(), fetch('/control').then(answer => answer.json())])
  const { user, app } = scene.view
  shelves.show(state, { own: user && user.id })
  const armed = control.faults.some(fault => fault.path === LOST_ANSWER.path)
  find('lose').setAttribute('aria-pressed', String(armed))
  const bound = control.apps.find(({ appId }) => appId === apps[app]).unionidBound
  find('unionid').setAttribute('aria-checked', String(bound))
  find('clock').textContent = control.advancedSeconds > 0 ? plain('head.clock', { time: ahead(control.advancedSeconds) }) : ''
}

function ahead(seconds) {
  const minutes = Math.round(seconds / 60)
  const [days, hours] = [Math.floor(minutes / 1440), Math.floor((minutes % 1440) / 60)]
  return [[days, 'd'], [hours, 'h'], [minutes % 60, 'min']].filter(([count]) => count > 0).map(([count, unit]) => `${count} ${unit}`).join(' ')
}

function meet(person) {
  scene = createScene({ person, apps, emit: diagram.append, pace, onView: view => screen.show(view, busy) })
  document.querySelector('input[name="app"][value="0"]').checked = true
  screen.show(scene.view, busy)
}

const levers = {
  expire: async () => {
    const { wechat } = scene.keys
    await expireKey(scene.view.person.id, apps[scene.view.app])
    return [wechat === 0 ? 'divider.noKey' : 'divider.expired', {}]
  },
  minutes: async () => {
    await steer('POST', '/clock', { advanceSeconds: 600 })
    return ['divider.minutes', {}]
  },
  days: async () => {
    await steer('POST', '/clock', { advanceSeconds: 3 * 86400 })
    return ['divider.days', {}]
  },
  lose: async () => {
    await steer('POST', '/faults', LOST_ANSWER)
    return ['divider.lose', {}]
  },
  unionid: async () => {
    const bound = find('unionid').getAttribute('aria-checked') !== 'true'
    for (const appId of apps) await steer('PUT', `/apps/${appId}`, { unionidBound: bound })
    return [bound ? 'divider.unionid.on' : 'divider.unionid.off', {}]
  },
  person: async () => {
    meet(somebodyNew())
    return ['divider.person', { name: scene.view.person.name, key: { key: 0 } }]
  },
  reset: async () => {
    await steer('POST', '/reset', {})
    diagram.show([])
    find('announcement').replaceChildren()
    meet(somebodyNew())
    return ['divider.person', { name: scene.view.person.name, key: { key: 0 } }]
  }
}

for (const [name, lever] of Object.entries(levers)) find(name).addEventListener('click', () => pull(lever))
for (const choice of document.querySelectorAll('input[name="app"]')) {
  choice.addEventListener('change', () => pull(async () => {
    scene.useApp(Number(choice.value))
    return ['divider.app', { name: scene.view.person.name, letter: 'AB'[scene.view.app] }]
  }))
}

// The explanation: what was on the page waits until it is over.

async function startTour() {
  if (busy) return
  lock(true)
  find('trouble-note').textContent = ''
  const label = find('tour-start').querySelector('[data-t]')
  label.textContent = plain('nav.tour.busy')
  let steps
  try {
    // An answer that is to be lost is the next one of the page's user, not one of the explanation's.
    const armed = find('lose').getAttribute('aria-pressed') === 'true'
    if (armed) await steer('DELETE', '/faults')
    steps = await recordTour(apps)
    if (armed) await steer('POST', '/faults', LOST_ANSWER)
  } catch (error) {
    lock(false)
    unanswered(error)
    return
  } finally {
    label.textContent = plain('nav.tour')
  }
  const kept = diagram.entries.slice()
  document.body.classList.add('touring')
  find('tour').hidden = false
  const done = async () => {
    tour = null
    document.body.classList.remove('touring')
    find('tour').hidden = true
    diagram.show(kept, 0, scene.keys)
    diagram.know(scene.keys)
    lock(false)
    find('tour-start').focus()
    await refresh()
  }
  tour = createTour({ steps, draw: drawStep, done })
  find('tour-next').focus()
  tour.close = done
}

function drawStep({ word, entries, fresh, start, view, shelves: kept }, position, count) {
  diagram.show(entries, fresh, start)
  screen.show(view, true)
  shelves.show(kept, { own: view.user && view.user.id, quiet: position === 0 })
  find('tour-step').textContent = plain('tour.step', { position: position + 1, count })
  find('tour-progress').value = position + 1
  find('tour-progress').max = count
  find('tour-title').textContent = plain(`tour.${word}.title`)
  find('tour-text').textContent = plain(`tour.${word}.text`)
  find('tour-back').disabled = position === 0
  find('tour-next').textContent = plain(position === count - 1 ? 'tour.done' : 'tour.next')
  if (document.activeElement === document.body) find('tour-next').focus()
}

find('tour-start').addEventListener('click', startTour)
find('tour-next').addEventListener('click', () => tour && tour.next())
find('tour-back').addEventListener('click', () => tour && tour.back())
find('tour-close').addEventListener('click', () => tour && tour.close())
document.addEventListener('keydown', event => {
  if (!tour || event.altKey || event.ctrlKey || event.metaKey) return
  const move = { ArrowRight: 'next', ArrowLeft: 'back', Escape: 'close' }[event.key]
  if (!move) return
  event.preventDefault()
  tour[move]()
})

// Language and colours.

for (const choice of document.querySelectorAll('input[name="language"]')) {
  choice.checked = choice.value === language()
  choice.addEventListener('change', () => speak(choice.value))
}
onLanguage(async () => {
  translate()
  document.title = plain('page.title')
  find('announcement').replaceChildren()
  find('trouble-note').replaceChildren()
  diagram.redraw()
  screen.redraw()
  shelves.redraw()
  if (tour) tour.redraw()
  else if (scene) await refresh()
})

followColours(find('theme'))

translate()
document.documentElement.lang = language() === 'zh' ? 'zh-CN' : 'en'
document.title = plain('page.title')
lock(true)
apps = (await readShelves()).apps
meet(somebodyNew())
await scene.look()
diagram.know(scene.keys)
document.querySelector('.program-choice').hidden = apps.length < 2
lock(false)
await refresh()
document.documentElement.dataset.ready = 'true'
