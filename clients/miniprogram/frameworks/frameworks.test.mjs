// Installs, compiles and runs the client in the mini programs beside this file. The packed client is put where npm puts a
// package, so that what is compiled is what people install.
import assert from 'node:assert/strict'
import { execFile, execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { count, root, startWorld } from '../test/world.mjs'
import { openedApp } from './compiled-app.mjs'

const here = dirname(fileURLToPath(import.meta.url))
const run = promisify(execFile)

const FRAMEWORKS = {
  'uni-app': { output: 'dist/build/mp-weixin', shown: ({ b, c }) => (b ? `${b} ${c}` : ''), tap: tapInUniApp },
  taro: { output: 'dist', shown: data => textIn(data.root), tap: tapInTaro }
}

/** The folder of the compiled program. */
async function compiled(name) {
  const cwd = join(here, name)
  await run('npm', ['ci', '--ignore-scripts', '--no-audit', '--no-fund', '--include=dev'], { cwd })
  const place = join(cwd, 'node_modules/weapp-login-client')
  const packed = mkdtempSync(join(tmpdir(), 'weapp-login-packed-'))
  try {
    const pack = ['pack', '--json', '--ignore-scripts', '--pack-destination', packed]
    const [{ filename }] = JSON.parse(execFileSync('npm', pack, { cwd: root, stdio: ['ignore', 'pipe', 'ignore'] }))
    mkdirSync(place, { recursive: true })
    execFileSync('tar', ['-xzf', join(packed, filename), '-C', place, '--strip-components=1'])
  } finally {
    rmSync(packed, { recursive: true, force: true })
  }
  const { output } = FRAMEWORKS[name]
  rmSync(join(cwd, 'dist'), { recursive: true, force: true })
  await run('npm', ['run', 'build'], { cwd })
  return join(cwd, output)
}

// Both at once: most of the time is spent waiting for the registry and for one core each.
const folders = Object.fromEntries(Object.keys(FRAMEWORKS).map(name => [name, compiled(name)]))
for (const folder of Object.values(folders)) folder.catch(() => {})

/** A phone on which `https://login.example.com` is the service of the test. */
function phoneWithService(world, settings) {
  const phone = world.phone('alice', settings)
  const { request } = phone.wx
  phone.wx.request = options => request({ ...options, url: options.url.replace('https://login.example.com', world.url) })
  return phone
}

for (const [name, { shown, tap }] of Object.entries(FRAMEWORKS)) {
  test(`${name}: the compiled mini program looks, registers by a tap, stays signed in and binds a phone number`, async t => {
    const folder = await folders[name]
    const world = await startWorld(t)
    const phone = phoneWithService(world)

    const page = await openedApp(folder, phone)
    await until(() => count(phone.steps, 'POST /v1/login') === 1)
    const before = shown(page.data)
    await tap(page, folder, 'tap', {})
    await page.until(data => /^\d+ 未绑定$/.test(shown(data)))
    const again = phoneWithService(world, { storage: phone.storage })
    const later = await openedApp(folder, again)
    await later.until(data => /^\d+ 未绑定$/.test(shown(data)))
    await tap(later, folder, 'getphonenumber', await again.tapPhoneButton())
    await later.until(data => /^\d+ \+86\d{11}$/.test(shown(data)))

    assert.equal(before, '')
    assert.deepEqual(phone.steps, ['login', 'POST /v1/login', 'getUserInfo', 'POST /v1/register'])
    // The tap joins the look that is under way, or asks for the session once more.
    assert.deepEqual(again.steps.filter(step => step !== 'GET /v1/session'), ['getPhoneNumber', 'POST /v1/me/phone'])
    const user = await world.client(world.phone()).login({ create: false })
    assert.equal(shown(later.data), `${user.id} ${user.phone}`)
  })

  test(`${name}: the compiled mini program has an account with a number after one tap`, async t => {
    const world = await startWorld(t)
    const phone = phoneWithService(world)
    const folder = await folders[name]
    const page = await openedApp(folder, phone)
    await until(() => count(phone.steps, 'POST /v1/login') === 1)

    await tap(page, folder, 'getphonenumber', await phone.tapPhoneButton())
    await page.until(data => /^\d+ \+86\d{11}$/.test(shown(data)))

    assert.deepEqual(phone.steps, ['login', 'POST /v1/login', 'getPhoneNumber', 'POST /v1/register'])
  })
}

/** uni-app names a handler in the data, by the key that the page's markup binds. */
function tapInUniApp(page, folder, type, detail) {
  const markup = readFileSync(join(folder, page.route + '.wxml'), 'utf8')
  const [, key] = new RegExp(`bind${type}="\\{\\{(\\w+)\\}\\}"`).exec(markup)
  return page[page.data[key]].call(page, { type, detail, target: { dataset: {} }, currentTarget: { dataset: {} } })
}

/** Taro draws a tree of nodes, all events of which go to one handler with the node's id. */
function tapInTaro(page, _, type, detail) {
  const wanted = type === 'tap' ? '登录' : '手机号登录'
  const { sid } = nodesIn(page.data.root).find(node => (node.cn || []).some(child => child.v === wanted))
  const target = { id: sid, dataset: { sid } }
  return page.eh({ type, detail, target, currentTarget: target, timeStamp: 1, stopPropagation() {}, preventDefault() {} })
}

function nodesIn(node) {
  return [node, ...(node.cn || []).flatMap(nodesIn)]
}

function textIn(root) {
  return nodesIn(root).map(node => node.v || '').filter(text => !text.includes('登录')).join('')
}

async function until(holds) {
  for (let tries = 0; !holds(); tries += 1) {
    if (tries > 500) throw new Error('never came')
    await new Promise(resolve => setTimeout(resolve, 20))
  }
}
