import uni from '@dcloudio/vite-plugin-uni'

// The plugin is CommonJS: from an ES module its function is one `default` further in.
export default { plugins: [(uni.default || uni)()] }
