import assert from 'node:assert/strict'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { test } from 'node:test'
import vm from 'node:vm'
import { root, startBackend, startWorld } from './world.mjs'

const example = join(root, 'example')
const text = file => readFileSync(join(example, file), 'utf8')
const PAGE = 'pages/index/index'

/** Starts the example as WeChat does: app.js, then the first page; `setData` and the events are the page's own. */
function opened(phone, settings) {
  const page = { data: {} }
  const context = vm.createContext({
    wx: phone.wx,
    setTimeout,
    clearTimeout,
    App: app => app.onLaunch(),
    Page(definition) {
      Object.assign(page, definition, { data: JSON.parse(JSON.stringify(definition.data)) })
      page.setData = change => Object.assign(page.data, JSON.parse(JSON.stringify(change)))
    }
  })
  const modules = new Map()
  const load = file => {
    if (modules.has(file)) return modules.get(file).exports
    const module = { exports: {} }
    modules.set(file, module)
    const require = name => load(name.startsWith('.') ? join(dirname(file), name) : join('miniprogram_npm', name, 'index.js'))
    const wrapped = vm.runInContext(`(function (require, module, exports) {${text(file)}\n})`, context, { filename: file })
    wrapped(require, module, module.exports)
    if (file === 'settings.js') Object.assign(module.exports, settings)
    return module.exports
  }
  load('app.js')
  load(`${PAGE}.js`)
  return page
}

test('every file that the project names is there and readable', () => {
  const app = JSON.parse(text('app.json'))
  const project = JSON.parse(text('project.config.json'))

  const named = [app.sitemapLocation, ...app.pages.flatMap(page => ['js', 'json', 'wxml'].map(ext => `${page}.${ext}`))]

  assert.equal(project.compileType, 'miniprogram')
  assert.ok(named.every(file => existsSync(join(example, file))), named.join())
  const json = readdirSync(example, { recursive: true }).filter(file => file.endsWith('.json'))
  for (const file of json) assert.doesNotThrow(() => JSON.parse(text(file)), file)
})

test('every module that a script requires is there without an install', () => {
  const scripts = readdirSync(example, { recursive: true }).filter(file => file.endsWith('.js'))

  const missing = scripts.flatMap(file => [...text(file).matchAll(/\brequire\('([^']+)'\)/g)].map(([, name]) =>
    name.startsWith('.') ? join(dirname(file), name) : join('miniprogram_npm', name, 'index.js')))
    .filter(file => !existsSync(join(example, file)))

  assert.deepEqual(missing, [])
})

test('every handler that the page names exists, and its tags are balanced', () => {
  const wxml = text(`${PAGE}.wxml`)
  const script = text(`${PAGE}.js`)
  const handlers = [...wxml.matchAll(/\bbind\w+="(\w+)"/g)].map(([, name]) => name)
  const open = []

  for (const [, closing, name, selfClosing] of wxml.matchAll(/<(\/?)([\w-]+)(?:\s[^<>]*?)?(\/?)>/g)) {
    if (closing) assert.equal(open.pop(), name)
    else if (!selfClosing) open.push(name)
  }

  assert.deepEqual(open, [])
  assert.deepEqual([...new Set(handlers)].sort(), ['onChooseAvatar', 'onGetPhoneNumber', 'onNickname', 'signIn', 'signOut'])
  for (const name of handlers) assert.match(script, new RegExp(`^  (async )?${name}\\(`, 'm'))
})

test('every value that the page shows is in its data', async t => {
  const wxml = text(`${PAGE}.wxml`)
  const names = [...wxml.matchAll(/\{\{([^}]+)\}\}/g)].flatMap(([, shown]) =>
    [...shown.replace(/'[^']*'/g, '').matchAll(/(?<![.\w])[a-z]\w*/gi)].map(([name]) => name))

  const world = await startWorld(t)
  const page = opened(world.phone(), { baseUrl: world.url })
  await page.onLoad()

  for (const name of new Set(names)) assert.ok(name in page.data, name)
})

test('the page signs a person in when it opens, with one login for app and page', async t => {
  const world = await startWorld(t)
  const phone = world.phone()
  const page = opened(phone, { baseUrl: world.url })

  await page.onLoad()

  assert.match(page.data.user.id, /^\d+$/)
  assert.deepEqual([page.data.busy, page.data.message], [false, ''])
  assert.deepEqual(phone.steps, ['login', 'POST /v1/login', 'getUserInfo', 'POST /v1/register'])
})

test('the page stores nickname, avatar and phone number, and signs out', async t => {
  const world = await startWorld(t)
  const uploads = await startBackend(t, () => ({ body: '{"url":"https://cdn.example.com/avatar.png"}' }))
  const phone = world.phone()
  phone.wx.uploadFile = ({ url, filePath, name, success, fail }) => {
    const form = new FormData()
    form.append(name, new Blob(['picture']), filePath)
    fetch(url, { method: 'POST', body: form }).then(async answer => success({ data: await answer.text() }), fail)
  }
  const page = opened(phone, { baseUrl: world.url, avatarUploadUrl: uploads.url })
  await page.onLoad()

  await page.onNickname({ detail: { value: { nickname: ' 小明 ' } } })
  await page.onChooseAvatar({ detail: { avatarUrl: 'wxfile://tmp_avatar.png' } })
  await page.onGetPhoneNumber({ detail: await phone.tapPhoneButton() })
  const shown = page.data.user
  await page.signOut()

  assert.deepEqual([shown.nickname, shown.avatarUrl], ['小明', 'https://cdn.example.com/avatar.png'])
  assert.match(shown.phone, /^\+86\d{11}$/)
  assert.match(uploads.seen[0].body, /picture/)
  assert.deepEqual([page.data.user, page.data.message], [null, ''])
})

test('the page says what went wrong in words, and a second try works', async t => {
  const world = await startWorld(t)
  const phone = world.phone()
  phone.refuse('getUserInfo')
  const page = opened(phone, { baseUrl: world.url })

  await page.onLoad()
  const refused = page.data.message
  phone.refuse('getUserInfo', false)
  await page.signIn()
  phone.refuse('getPhoneNumber')
  await page.onGetPhoneNumber({ detail: await phone.tapPhoneButton() })

  assert.equal(refused, '需要你的同意才能登录')
  assert.match(page.data.user.id, /^\d+$/)
  assert.equal(page.data.message, '你没有授权手机号')
})
