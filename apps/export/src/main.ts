import './memory-limits.js';

// Loaded after the limits are set: what is loaded before them keeps 20 MB more.
const { startExport } = await import('./start-export.js');
await startExport(process.env);
