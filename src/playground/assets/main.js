// The page: puts the parts together and lets its user make things happen, one at a time.

import { followColours } from './colours.js'
import { createDiagram, verdictSentence } from './diagram.js'
import { createExplanation } from './explanation.js'
import { createLevers, declare, isArmed } from './levers.js'
import { createPhoneScreen } from './phone.js'
import { createScene, somebodyNew } from './scene.js'
import { ask, isGone, onBack, onGone, whileThere } from './service.js'
import { createShelves, readShelves, showFrom } from './shelves.js'
import { language, onLanguage, plain, speak, translate } from './words.js'

const find = id => document.getElementById(id)
const still = matchMedia('(prefers-reduced-motion: reduce)')
/** Between two messages: long enough to see each, short enough for a sign-in in a few seconds. */
const PACE = 420

const shelves = createShelves({ users: find('users'), identities: find('identities'), tokens: find('tokens') })
const diagram = createDiagram({
  list: find('rows'), empty: find('rows-empty'),
  heads: { wechat: find('wechat-key'), service: find('service-key') },
  onVerdict: announce
})
const screen = createPhoneScreen({
  screen: find('screen'), owner: find('owner'), holder: find('holder'),
  act: {
    signIn: () => perform(`divider.${order()}`, () => world.scene.signIn(order())),
    registerByPhone: () => perform('divider.byPhone', () => world.scene.registerByPhone()),
    signOut: () => perform('divider.signOut', () => world.scene.signOut()),
    changeNickname: nickname => perform('divider.nickname', () => world.scene.changeNickname(nickname)),
    sharePhoneNumber: () => perform('divider.phone', () => world.scene.sharePhoneNumber())
  }
})

/** `declared`: whether the mini program's privacy guideline names the data that it asks for. */
const world = { apps: [], scene: null, declared: true }
let busy = false

const order = () => document.querySelector('input[name="order"]:checked').value
const pace = () => new Promise(resolve => setTimeout(resolve, still.matches ? 0 : PACE))

/** Everything that must not be pressed while something is under way. */
function lock(locked) {
  busy = locked || isGone()
  for (const group of document.querySelectorAll('fieldset.lockable')) group.disabled = busy
  find('tour-start').disabled = busy
  if (world.scene && !explanation.running) screen.show(world.scene.view, busy)
}

function announce(verdict) {
  find('announcement').className = `outcome ${verdict.ok ? 'ok' : 'bad'}`
  find('announcement').replaceChildren(...verdictSentence(verdict))
}

function quiet() {
  find('trouble-note').replaceChildren()
  find('announcement').replaceChildren()
}

/** The one thing that can go wrong with the page itself. */
function unanswered(error) {
  if (!isGone()) find('trouble-note').textContent = plain('trouble.unanswered', { why: error.message || error.code })
}

/** What the person does: a heading, then whatever follows from it, then a look at what the service keeps. */
async function perform(word, work) {
  if (busy) return
  lock(true)
  quiet()
  diagram.append({ type: 'divider', strong: true, say: [word, {}], keys: { ...world.scene.keys } })
  try {
    await whileThere(work())
    await refresh()
  } catch (error) {
    unanswered(error)
  } finally {
    lock(false)
    // On a narrow screen what came of it stands below the button that was pressed.
    if (getComputedStyle(find('announcement')).position !== 'absolute') find('announcement').scrollIntoView({ block: 'nearest' })
  }
}

/** A lever is pulled: no message, but something is different. */
async function pull(work) {
  if (busy) return
  lock(true)
  const focused = document.activeElement
  try {
    const said = await whileThere(work())
    await world.scene.look()
    diagram.append({ type: 'divider', say: said, keys: { ...world.scene.keys } })
    await refresh()
  } catch (error) {
    unanswered(error)
  } finally {
    lock(false)
    if (focused) focused.focus({ preventScroll: true })
  }
}

async function refresh() {
  const [state, control] = await Promise.all([readShelves(), ask('/control').then(answer => answer.json())])
  const { user, app } = world.scene.view
  shelves.show(state, { own: user && user.id })
  find('lose').setAttribute('aria-pressed', String(isArmed(control.faults)))
  const bound = control.apps.find(({ appId }) => appId === world.apps[app]).unionidBound
  find('unionid').setAttribute('aria-checked', String(bound))
  find('guideline').setAttribute('aria-checked', String(world.declared))
  find('clock').textContent = control.advancedSeconds > 0 ? plain('head.clock', { time: ahead(control.advancedSeconds) }) : ''
}

function ahead(seconds) {
  const minutes = Math.round(seconds / 60)
  const [days, hours] = [Math.floor(minutes / 1440), Math.floor((minutes % 1440) / 60)]
  return [[days, 'd'], [hours, 'h'], [minutes % 60, 'min']].filter(([count]) => count > 0).map(([count, unit]) => `${count} ${unit}`).join(' ')
}

/** Somebody new takes the phone. What the one before still waited for is no longer told. */
async function meet() {
  const scene = createScene({
    person: somebodyNew(), apps: world.apps, pace,
    emit: entry => scene === world.scene && diagram.append(entry),
    onView: view => scene === world.scene && screen.show(view, busy)
  })
  world.scene = scene
  document.querySelector('input[name="app"][value="0"]').checked = true
  if (!world.declared) await declare(scene.view.person.id, false)
  await scene.look()
  diagram.know(scene.keys)
  screen.show(scene.view, busy)
}

async function clear() {
  diagram.show([])
  quiet()
  const [youngest] = (await readShelves()).users
  if (youngest) showFrom(Number(youngest.id))
}

const isOn = id => find(id).getAttribute('aria-checked') === 'true'
for (const [name, lever] of Object.entries(createLevers({ world, isOn, meet, clear }))) {
  find(name).addEventListener('click', () => pull(lever))
}
for (const choice of document.querySelectorAll('input[name="app"]')) {
  choice.addEventListener('change', () => pull(async () => {
    world.scene.useApp(Number(choice.value))
    return ['divider.app', { name: world.scene.view.person.name, letter: 'AB'[world.scene.view.app] }]
  }))
}

let kept = []
const explanation = createExplanation({
  lock, failed: unanswered,
  show({ entries, fresh, start, view, shelves: rows }, position) {
    diagram.show(entries, fresh, start)
    screen.show(view, true)
    shelves.show(rows, { own: view.user && view.user.id, quiet: position === 0 })
  },
  over() {
    diagram.show(kept, 0, world.scene.keys)
    diagram.know(world.scene.keys)
    refresh().catch(unanswered)
  }
})
find('tour-start').addEventListener('click', () => {
  if (busy) return
  quiet()
  kept = diagram.entries.slice()
  explanation.start(world.apps)
})

// The service.

onGone(() => {
  find('gone').hidden = false
  world.scene?.abandon()
  lock(true)
})
onBack(() => {
  find('gone').hidden = true
  begin().catch(unanswered)
})

/** From the beginning: what the simulator and the token store of a service that ended knew is gone with it. */
async function begin() {
  lock(true)
  quiet()
  diagram.show([])
  world.declared = true
  world.apps = (await readShelves()).apps
  await meet()
  document.querySelector('.program-choice').hidden = world.apps.length < 2
  lock(false)
  await refresh()
}

// Language and colours.

for (const choice of document.querySelectorAll('input[name="language"]')) {
  choice.checked = choice.value === language()
  choice.addEventListener('change', () => speak(choice.value))
}
onLanguage(async () => {
  translate()
  document.title = plain('page.title')
  quiet()
  diagram.redraw()
  screen.redraw()
  shelves.redraw()
  if (explanation.running) explanation.redraw()
  else if (world.scene) await refresh()
})

followColours(find('theme'))

translate()
document.documentElement.lang = language() === 'zh' ? 'zh-CN' : 'en'
document.title = plain('page.title')
await begin().catch(unanswered)
document.documentElement.dataset.ready = 'true'
