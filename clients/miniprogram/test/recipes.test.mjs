import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { cpSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { count, rejection, root, startBackend, startWorld } from './world.mjs'

const require = createRequire(import.meta.url)
const REFUSAL = { status: 401, headers: { 'content-type': 'application/json' }, body: '{"code":"session_invalid"}' }

/** What the recipe `name` of the README exports, run on `modules` in place of what it imports. */
function recipe(name, modules, baseURL) {
  const [, text] = new RegExp('^```js recipe=' + name + '\\n([^]*?)^```$', 'm').exec(readFileSync(join(root, 'README.md'), 'utf8'))
  const code = text
    .replace(/^import (\w+) from '([^']+)'$/gm, "const { default: $1 } = modules['$2']")
    .replace(/^import (\{[^}]+\}) from '([^']+)'$/gm, "const $1 = modules['$2']")
    .replace(/^export const (\w+)/gm, 'const $1 = exports.$1')
    .replaceAll('https://api.example.com', baseURL)
  const exports = {}
  new Function('modules', 'exports', code)(modules, exports)
  return exports
}

/** luch-request as it is published, sources for a bundler, translated into what Node can load. */
function luchRequest(t) {
  const folder = mkdtempSync(join(tmpdir(), 'weapp-login-luch-'))
  t.after(() => rmSync(folder, { recursive: true, force: true }))
  const compiler = join(root, 'node_modules/typescript/bin/tsc')
  cpSync(join(root, 'node_modules/luch-request/src/lib'), join(folder, 'sources'), { recursive: true })
  const options = ['--ignoreConfig', '--allowJs', '--noCheck', '--module', 'commonjs', '--target', 'es2018', '--outDir', 'built']
  execFileSync(process.execPath, [compiler, ...options, 'sources/luch-request.js'], { cwd: folder })
  return require(join(folder, 'built/luch-request.js'))
}

/** A server of the mini program's own, and the recipe's library in front of it. */
async function withLibrary(t, name) {
  const world = await startWorld(t)
  const phone = world.phone()
  const ended = new Set([undefined])
  const shop = await startBackend(t, request =>
    (ended.has(request.headers.authorization) ? REFUSAL : { body: JSON.stringify({ path: request.url }) }))
  const auth = world.client(phone, { tokenOrigins: [shop.url] })
  const fetched = name === 'alova'
    ? recipe(name, { alova: require('alova'), './auth.js': { auth } }, shop.url).api
    : recipe(name, { 'luch-request': withUni(t, phone), './auth.js': { auth } }, shop.url).http
  /** The body of the answer, whichever library asked. */
  const send = async (method, path, data) => {
    if (name === 'alova') return method === 'GET' ? fetched.Get(path) : fetched.Post(path, data)
    return (await (method === 'GET' ? fetched.get(path) : fetched.post(path, data))).data
  }
  const endSession = async () => {
    const token = phone.tokenIn(world.url)
    ended.add(`Bearer ${token}`)
    await world.revoke(token)
  }
  return { world, phone, auth, shop, send, endSession }
}

function withUni(t, phone) {
  globalThis.uni = phone.wx
  t.after(() => { delete globalThis.uni })
  return luchRequest(t)
}

for (const name of ['alova', 'luch-request']) {
  test(`${name}: the first request signs in by itself, and carries the token`, async t => {
    const { phone, send, shop, world } = await withLibrary(t, name)

    const body = await send('POST', '/orders', { n: 1 })

    assert.deepEqual(body, { path: '/orders' })
    const last = shop.seen[shop.seen.length - 1]
    assert.deepEqual([last.method, last.headers.authorization, last.body], ['POST', `Bearer ${phone.tokenIn(world.url)}`, '{"n":1}'])
    assert.equal(count(phone.steps, 'login'), 1)
  })

  test(`${name}: ten requests whose session ended share one login and are each sent once more`, async t => {
    const { auth, endSession, phone, send } = await withLibrary(t, name)
    await auth.login()
    await endSession()
    phone.steps.length = 0

    const bodies = await Promise.all(Array.from({ length: 10 }, (_, n) => send('GET', `/orders/${n}`)))

    assert.deepEqual(bodies, Array.from({ length: 10 }, (_, n) => ({ path: `/orders/${n}` })))
    assert.equal(count(phone.steps, 'login'), 1)
  })

  test(`${name}: after signing out a request signs nobody in`, async t => {
    const { auth, phone, send } = await withLibrary(t, name)
    await auth.login()
    await auth.logout()
    phone.steps.length = 0

    const error = await rejection(send('GET', '/orders'))

    assert.equal(error.code, 'signed_out')
    assert.equal(count(phone.steps, 'login'), 0)
  })

  test(`${name}: another refusal is the caller's, and goes no second time`, async t => {
    const { auth, send, shop } = await withLibrary(t, name)
    await auth.login()
    const { url } = await startBackend(t, () => ({ status: 409, body: '{"error":"sold out"}' }))

    const error = await rejection(send('GET', `${url}/orders`))

    assert.deepEqual([error.statusCode, error.data], [409, { error: 'sold out' }])
    assert.equal(shop.seen.length, 0)
  })
}
