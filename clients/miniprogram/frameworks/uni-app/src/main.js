import { createSSRApp } from 'vue'
import App from './App.vue'

// The name is uni-app's: it looks for this function on every platform.
export function createApp() {
  return { app: createSSRApp(App) }
}
