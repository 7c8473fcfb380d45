import assert from 'node:assert/strict'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { test } from 'node:test'
import vm from 'node:vm'
import { count, root, startBackend, startWorld } from './world.mjs'

const example = join(root, 'example')
const text = file => readFileSync(join(example, file), 'utf8')
const files = readdirSync(example, { recursive: true })
const drawn = files.filter(file => file.endsWith('.wxml')).map(file => file.replace(/\.wxml$/, ''))
const [GOODS, CHECKOUT, PROFILE] = JSON.parse(text('app.json')).pages
const DIALOG = 'components/privacy-dialog/privacy-dialog'

/** Starts the example as WeChat does: app.js, then pages as `open` asks; `setData` and the events are the page's own. */
function started(phone, settings) {
  let definition = null
  const context = vm.createContext({
    wx: phone.wx,
    setTimeout,
    clearTimeout,
    App: app => app.onLaunch(),
    Page: given => { definition = given },
    Component: given => { definition = { ...given, ...given.methods } }
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
  return {
    async open(path) {
      modules.delete(`${path}.js`)
      load(`${path}.js`)
      const page = { ...definition, data: JSON.parse(JSON.stringify(definition.data)) }
      page.setData = change => Object.assign(page.data, JSON.parse(JSON.stringify(change)))
      if (page.lifetimes) page.lifetimes.attached.call(page)
      if (page.onLoad) await page.onLoad({})
      if (page.onShow) page.onShow()
      return page
    }
  }
}

const tapOn = name => ({ currentTarget: { dataset: { name } } })

/** A phone that asks for consent before the first call about personal data, as base library 2.32.3 does. */
function askingPhone(world) {
  const phone = world.phone()
  let ask = () => {}
  const { getUserInfo } = phone.wx
  phone.wx.onNeedPrivacyAuthorization = listener => { ask = listener }
  phone.wx.openPrivacyContract = () => phone.steps.push('openPrivacyContract')
  phone.wx.getUserInfo = options => ask(async ({ event }) => {
    if (event === 'agree') await phone.agreePrivacy()
    getUserInfo(options)
  })
  return phone
}

test('every file that the project names is there and readable', () => {
  const app = JSON.parse(text('app.json'))
  const project = JSON.parse(text('project.config.json'))

  const parts = [...app.pages, ...Object.values(app.usingComponents).map(path => path.slice(1))]
  const named = [app.sitemapLocation, ...parts.flatMap(part => ['js', 'json', 'wxml'].map(ext => `${part}.${ext}`))]

  assert.equal(project.compileType, 'miniprogram')
  assert.ok(named.every(file => existsSync(join(example, file))), named.join())
  for (const file of files.filter(file => file.endsWith('.json'))) assert.doesNotThrow(() => JSON.parse(text(file)), file)
})

test('every module that a script requires is there without an install', () => {
  const scripts = files.filter(file => file.endsWith('.js'))

  const missing = scripts.flatMap(file => [...text(file).matchAll(/\brequire\('([^']+)'\)/g)].map(([, name]) =>
    name.startsWith('.') ? join(dirname(file), name) : join('miniprogram_npm', name, 'index.js')))
    .filter(file => !existsSync(join(example, file)))

  assert.deepEqual(missing, [])
})

test('every handler that a page names exists, every one is named, and the tags are balanced', () => {
  for (const part of drawn) {
    const wxml = text(`${part}.wxml`)
    const script = text(`${part}.js`)
    const open = []

    for (const [, closing, name, selfClosing] of wxml.matchAll(/<(\/?)([\w-]+)(?:\s[^<>]*?)?(\/?)>/g)) {
      if (closing) assert.equal(open.pop(), name, part)
      else if (!selfClosing) open.push(name)
    }
    const handlers = [...wxml.matchAll(/\bbind\w+="(\w+)"/g)].map(([, name]) => name)
    const methods = [...script.matchAll(/^ {2,4}(?:async )?((?:on(?!Load|Show)|to|open|sign)\w+)\(/gm)].map(([, name]) => name)

    assert.deepEqual(open, [], part)
    for (const name of handlers) assert.match(script, new RegExp(`^ +(async )?${name}\\(`, 'm'), part)
    const uncalled = methods.filter(name => !handlers.includes(name) && !script.includes(`this.${name}(`))
    assert.deepEqual(uncalled, [], part)
  }
})

test('every value that a page shows is in its data', async t => {
  const world = await startWorld(t)
  for (const part of drawn) {
    const wxml = text(`${part}.wxml`)
    const items = ['item', 'index', ...[...wxml.matchAll(/wx:for-item="(\w+)"/g)].map(([, name]) => name)]
    const names = [...wxml.matchAll(/\{\{([^}]+)\}\}/g)].flatMap(([, shown]) =>
      [...shown.replace(/'[^']*'/g, '').matchAll(/(?<![.\w])[a-z]\w*/gi)].map(([name]) => name))

    const page = await started(world.phone(), { baseUrl: world.url }).open(part)

    for (const name of new Set(names)) assert.ok(name in page.data || items.includes(name), `${name} in ${part}`)
  }
})

test('the mini program opens without asking for anything and without making anybody', async t => {
  const world = await startWorld(t)
  const phone = world.phone()

  const page = await started(phone, { baseUrl: world.url }).open(GOODS)

  assert.deepEqual([page.data.user, page.data.busy, page.data.message], [null, false, ''])
  assert.deepEqual(phone.steps, ['login', 'POST /v1/login'])
})

test('the first thing that needs an account makes one, asking nothing where the service takes people silently', async t => {
  const world = await startWorld(t, { REGISTRATION: 'silent,phone' })
  const phone = world.phone()
  const page = await started(phone, { baseUrl: world.url }).open(GOODS)

  await page.onAdd(tapOn('苹果'))
  await page.onAdd(tapOn('香蕉'))

  assert.match(page.data.user.id, /^\d+$/)
  assert.deepEqual([page.data.count, page.data.message], [2, ''])
  assert.deepEqual(phone.steps, ['login', 'POST /v1/login', 'POST /v1/register'])
})

test('the checkout takes the phone number and the order in one tap', async t => {
  const world = await startWorld(t)
  const phone = world.phone()
  const app = started(phone, { baseUrl: world.url })
  const goods = await app.open(GOODS)
  await goods.onAdd(tapOn('苹果'))
  const page = await app.open(CHECKOUT)

  await page.onGetPhoneNumber({ detail: await phone.tapPhoneButton() })

  assert.match(page.data.user.phone, /^\+86\d{11}$/)
  assert.deepEqual([page.data.ordered, page.data.message], [1, ''])
})

test('where only the phone number makes an account the person is told, and the checkout makes it', async t => {
  const world = await startWorld(t, { REGISTRATION: 'phone' })
  const phone = world.phone()
  const app = started(phone, { baseUrl: world.url })
  const goods = await app.open(GOODS)
  await goods.onAdd(tapOn('苹果'))
  const page = await app.open(CHECKOUT)

  await page.onGetPhoneNumber({ detail: await phone.tapPhoneButton() })

  assert.equal(goods.data.message, '请用手机号登录')
  assert.match(page.data.user.phone, /^\+86\d{11}$/)
})

test('a refused phone number is said in words, and the next tap works', async t => {
  const world = await startWorld(t)
  const phone = world.phone()
  const page = await started(phone, { baseUrl: world.url }).open(CHECKOUT)
  phone.refuse('getPhoneNumber')

  await page.onGetPhoneNumber({ detail: await phone.tapPhoneButton() })
  const refused = page.data.message
  phone.refuse('getPhoneNumber', false)
  await page.onGetPhoneNumber({ detail: await phone.tapPhoneButton() })

  assert.equal(refused, '你没有授权手机号')
  assert.match(page.data.user.phone, /^\+86\d{11}$/)
})

test('the profile page stores nickname, avatar and phone number, uploading with the token', async t => {
  const world = await startWorld(t)
  const uploads = await startBackend(t, () => ({ body: '{"url":"https://cdn.example.com/avatar.png"}' }))
  const phone = world.phone()
  phone.files.set('wxfile://tmp_avatar.png', 'picture')
  const page = await started(phone, { baseUrl: world.url, avatarUploadUrl: `${uploads.url}/avatars` }).open(PROFILE)
  await page.signIn()

  await page.onNickname({ detail: { value: { nickname: ' 小明 ' } } })
  await page.onChooseAvatar({ detail: { avatarUrl: 'wxfile://tmp_avatar.png' } })
  await page.onGetPhoneNumber({ detail: await phone.tapPhoneButton() })

  const { user } = page.data
  assert.deepEqual([user.nickname, user.avatarUrl], ['小明', 'https://cdn.example.com/avatar.png'])
  assert.match(user.phone, /^\+86\d{11}$/)
  assert.match(uploads.seen[0].body, /picture/)
  assert.equal(uploads.seen[0].headers.authorization, `Bearer ${phone.tokenIn(world.url)}`)
})

test('who signs out stays out over the next start, and comes back by an action', async t => {
  const world = await startWorld(t)
  const phone = world.phone()
  const page = await started(phone, { baseUrl: world.url }).open(PROFILE)
  await page.signIn()
  const { id } = page.data.user
  await page.signOut()
  const signedOut = page.data.user

  const goods = await started(phone, { baseUrl: world.url }).open(GOODS)
  const atStart = goods.data.user
  await goods.onAdd(tapOn('苹果'))

  assert.deepEqual([signedOut, atStart], [null, null])
  assert.equal(goods.data.user.id, id)
})

test('who deletes the account is asked first, and is nobody afterwards', async t => {
  const world = await startWorld(t)
  const phone = world.phone()
  let confirm = false
  phone.wx.showModal = async () => ({ confirm })
  const page = await started(phone, { baseUrl: world.url }).open(PROFILE)
  await page.signIn()
  const { id } = page.data.user

  await page.onErase()
  const kept = page.data.user
  confirm = true
  await page.onErase()

  assert.equal(kept.id, id)
  assert.deepEqual([page.data.user, page.data.message], [null, ''])
  assert.equal(await world.client(world.phone()).login({ create: false }), null)
})

for (const [what, answer] of [['agrees', 'onAgree'], ['refuses', 'onDisagree']]) {
  test(`somebody who ${what} in the privacy dialog has an account all the same`, async t => {
    const world = await startWorld(t)
    await world.privacy('alice', 'notAgreed')
    const phone = askingPhone(world)
    const app = started(phone, { baseUrl: world.url })
    const page = await app.open(GOODS)
    const dialog = await app.open(DIALOG)
    const adding = page.onAdd(tapOn('苹果'))
    while (!dialog.data.asked) await new Promise(resolve => setTimeout(resolve, 10))
    dialog.openContract()

    dialog[answer]()
    await adding

    assert.deepEqual([page.data.count, page.data.message, dialog.data.asked], [1, '', false])
    assert.match(page.data.user.id, /^\d+$/)
    assert.equal(count(phone.steps, 'openPrivacyContract'), 1)
  })
}

for (const [state, said] of [['undeclared', '小程序的隐私指引尚未声明此项信息'], ['notAgreed', '需要你同意隐私指引']]) {
  test(`where nothing but user info makes an account and it is ${state}, the person reads why`, async t => {
    const world = await startWorld(t, { REGISTRATION: 'user_info' })
    await world.privacy('alice', state)
    const page = await started(world.phone(), { baseUrl: world.url }).open(GOODS)

    await page.onAdd(tapOn('苹果'))
    const refused = page.data.message
    await world.privacy('alice', 'agreed')
    await page.onAdd(tapOn('苹果'))

    assert.equal(refused, said)
    assert.deepEqual([page.data.count, page.data.message], [1, ''])
  })
}
