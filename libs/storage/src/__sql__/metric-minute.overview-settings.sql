select set_config('enable_sort', 'off', true), set_config('work_mem', '16MB', true), set_config('jit', 'off', true)
