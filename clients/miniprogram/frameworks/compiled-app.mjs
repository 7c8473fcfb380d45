// A mini program as a framework compiled it, started on the phone of the client's tests: App, Page and Component, modules
// of one folder, data and events. No screen: what would be drawn is the data of the page.
import { existsSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import vm from 'node:vm'

/** Opens the first page of the program in `folder`; gives the page. */
export async function openedApp(folder, phone) {
  const wx = { ...systemCalls(), ...phone.wx }
  const instances = []
  let app = null
  let definition = null
  const globals = {
    wx,
    console,
    setTimeout,
    clearTimeout,
    setInterval,
    clearInterval,
    queueMicrotask,
    App: given => { app = given },
    Page: given => { definition = { ...given, methods: given } },
    Component: given => { definition = given },
    Behavior: given => given,
    getApp: () => app,
    getCurrentPages: () => instances
  }
  globals.global = globals
  const context = vm.createContext(globals)
  const modules = new Map()
  const load = file => {
    const path = existsSync(file) ? file : `${file}.js`
    if (modules.has(path)) return modules.get(path).exports
    const module = { exports: {} }
    modules.set(path, module)
    const wrapped = vm.runInContext(`(function (require, module, exports) {${readFileSync(path, 'utf8')}\n})`, context, { filename: path })
    wrapped.call(undefined, name => load(join(dirname(path), name)), module, module.exports)
    return module.exports
  }

  load(join(folder, 'app.js'))
  if (app.onLaunch) app.onLaunch({ path: '', query: {}, scene: 1001 })
  if (app.onShow) app.onShow({ path: '', query: {}, scene: 1001 })
  const [route] = JSON.parse(readFileSync(join(folder, 'app.json'), 'utf8')).pages
  load(join(folder, `${route}.js`))
  const page = instanceOf(definition, route)
  instances.push(page)
  for (const [where, name] of [['lifetimes', 'created'], ['lifetimes', 'attached'], ['methods', 'onLoad'], ['methods', 'onShow'], ['lifetimes', 'ready'], ['methods', 'onReady']]) {
    const hook = (definition[where] && definition[where][name]) || (where === 'lifetimes' && definition[name])
    if (typeof hook === 'function') await hook.call(page, {})
  }
  return page
}

function instanceOf(definition, route) {
  const listeners = []
  const page = {
    ...definition.methods,
    is: route,
    route,
    options: {},
    properties: {},
    data: JSON.parse(JSON.stringify(definition.data || {})),
    setData(change, done) {
      for (const [path, value] of Object.entries(change)) assign(page.data, path, JSON.parse(JSON.stringify(value === undefined ? null : value)))
      if (done) setTimeout(done)
      listeners.forEach(listener => listener())
    },
    triggerEvent() {},
    selectComponent: () => null,
    selectAllComponents: () => [],
    getPageId: () => 'page-1',
    /** Resolves with the page's data once `holds` of it. */
    until: holds => new Promise((resolve, reject) => {
      const late = setTimeout(() => reject(new Error(`never came: ${JSON.stringify(page.data)}`)), 10000)
      const look = () => {
        if (!holds(page.data)) return
        clearTimeout(late)
        resolve(page.data)
      }
      listeners.push(look)
      look()
    })
  }
  return page
}

/** Sets what `path` (`a.b[0].c`, `a.[0].b`) leads to. */
function assign(data, path, value) {
  const steps = path.split(/[.[\]]+/).filter(step => step !== '')
  const last = steps.pop()
  const owner = steps.reduce((found, step) => (found[step] = found[step] || {}), data)
  owner[last] = value
}

/** What frameworks ask the phone at their start. */
function systemCalls() {
  const info = {
    platform: 'devtools', system: 'iOS 18', model: 'phone', brand: 'devtools', language: 'zh_CN', version: '8.0.50', SDKVersion: '3.5.0',
    pixelRatio: 2, windowWidth: 375, windowHeight: 667, screenWidth: 375, screenHeight: 667, statusBarHeight: 20,
    safeArea: { left: 0, top: 20, right: 375, bottom: 667, width: 375, height: 647 }
  }
  const nothing = () => {}
  return {
    getSystemInfoSync: () => info,
    getWindowInfo: () => info,
    getDeviceInfo: () => info,
    getAppBaseInfo: () => info,
    getSystemSetting: () => ({}),
    getAppAuthorizeSetting: () => ({}),
    getLaunchOptionsSync: () => ({ path: '', query: {}, scene: 1001 }),
    getEnterOptionsSync: () => ({ path: '', query: {}, scene: 1001 }),
    getMenuButtonBoundingClientRect: () => ({ left: 280, top: 26, right: 367, bottom: 58, width: 87, height: 32 }),
    canIUse: () => true,
    nextTick: callback => setTimeout(callback),
    onAppHide: nothing,
    onAppShow: nothing,
    onError: nothing,
    onPageNotFound: nothing,
    onUnhandledRejection: nothing,
    onNetworkStatusChange: nothing,
    onMemoryWarning: nothing,
    onThemeChange: nothing,
    getPerformance: () => ({ createObserver: () => ({ observe: nothing }) })
  }
}
