// The page's policy forbids code made from strings. Zod would try, be refused and go on, but each try is a reported violation;
// so this is the first import of main.tsx: schemas decide when they are made.
import { config } from 'zod';

config({ jitless: true });
